"""Log records of a call: their text, and what they carry beside it, on both servers."""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from declared import code_of, stub_of
from django.test import override_settings
from django_socio_grpc import log
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import GRPCException, NotFound, PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from policies import TEXT, ByToken, as_, with_policies

logger = logging.getLogger("tests.of.the.project")
KINDS = ["Unary", "Stream", "Upload", "Chat"]
kinds = pytest.mark.parametrize("kind", KINDS)


class NotNow(GRPCException):
    status_code = StatusCode.UNAVAILABLE
    logging_level = "INFO"


ERRORS = {"missing": NotFound(), "not now": NotNow(), "bug": ValueError("secret")}


class SyncEcho(Service):
    service_name = "Echo"
    authentication_classes = (ByToken,)
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUnaryResponse(text=self.said(request))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        for _ in range(2):
            yield self.pb.EchoStreamResponse(text=self.said(request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUploadResponse(text="".join(self.said(each) for each in request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.EchoChatResponse(text=self.said(message))

    def said(self, message: Any) -> str:
        logger.warning("said %s", message.text)
        if message.text in ERRORS:
            raise ERRORS[message.text]
        return str(message.text)


class AsyncEcho(SyncEcho):
    async def Unary(self, request: Any, context: Any) -> Any:
        await sync_to_async(logger.warning)("in a thread")
        return self.pb.EchoUnaryResponse(text=self.said(request))

    async def Stream(self, request: Any, context: Any) -> Any:
        for _ in range(2):
            yield self.pb.EchoStreamResponse(text=self.said(request))
            await asyncio.sleep(0)

    async def Upload(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUploadResponse(
            text="".join([self.said(each) async for each in request])
        )

    async def Chat(self, request: Any, context: Any) -> Any:
        async for message in request:
            yield self.pb.EchoChatResponse(text=self.said(message))


services = pytest.mark.parametrize("service", [SyncEcho, AsyncEcho])


def call(stub: Any, kind: str, text: str) -> None:
    stub = stub.options(timeout=10) if not stub._options else stub
    request = getattr(stub.pb, f"Echo{kind}Request")(text=text)
    if kind in {"Upload", "Chat"}:
        reply = getattr(stub, kind)(iter([request]))
    else:
        reply = getattr(stub, kind)(text=text)
    if kind in {"Stream", "Chat"}:
        list(reply)


@pytest.fixture
def factory() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    log.set_log_record_factory()
    yield
    logging.setLogRecordFactory(before)


def told(records: list[logging.LogRecord]) -> set[tuple[Any, ...]]:
    return {tuple(getattr(record, name) for name in log.NAMES) for record in records}


def of_project(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [record for record in caplog.records if record.name == logger.name]


def of_requests(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [record for record in caplog.records if record.name == "django_socio_grpc.request"]


@services
@kinds
def test_records_of_a_call(
    mode: Mode, service: type[Service], kind: str, factory: None, caplog: Any
) -> None:
    caplog.set_level("INFO", "django_socio_grpc")
    with stub_of(mode, service) as stub:
        call(stub, kind, "hello")
        logger.warning("said outside")
    *inside, outside = of_project(caplog)
    assert told(inside) == {("Echo", kind, "")}
    assert told([outside]) == {("", "", "")}
    (received,) = of_requests(caplog)
    assert received.getMessage() == f"Receive action {kind} on service {service.__name__}"
    assert told([received]) == {("Echo", kind, "")}


@services
@kinds
@pytest.mark.parametrize(
    ("text", "level", "status"),
    [
        ("missing", "WARNING", "NOT_FOUND"),
        ("not now", "INFO", "UNAVAILABLE"),
        ("bug", "ERROR", "INTERNAL"),
    ],
)
def test_the_record_of_a_failure(
    mode: Mode,
    service: type[Service],
    kind: str,
    text: str,
    level: str,
    status: str,
    factory: None,
    caplog: Any,
) -> None:
    caplog.set_level("INFO", "django_socio_grpc")
    with stub_of(mode, service) as stub:
        assert code_of(lambda: call(stub, kind, text)) is StatusCode[status]
    (record,) = [each for each in of_requests(caplog) if hasattr(each, "status_code")]
    name = type(ERRORS[text]).__name__
    assert record.getMessage().startswith(f"{name} : {service.__name__}/{kind} ")
    assert (record.levelname, record.status_code) == (level, status)
    assert record.request_id in record.getMessage()
    assert record.request.path == f"{service.__name__}/{kind}"
    assert bool(record.exc_info) is (text == "bug")
    assert told([record]) == {("Echo", kind, "")}


@services
@kinds
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, []),
        ({"LOG_OK_RESPONSE": True}, ["OK"]),
        ({"LOG_OK_RESPONSE": True, "IGNORE_LOG_FOR_ACTION": ["SyncEcho.{}", "AsyncEcho.{}"]}, []),
    ],
)
def test_the_record_of_a_success(
    mode: Mode,
    service: type[Service],
    kind: str,
    settings: dict[str, Any],
    expected: list[str],
    caplog: Any,
) -> None:
    caplog.set_level("INFO", "django_socio_grpc")
    ignored = [name.format(kind) for name in settings.get("IGNORE_LOG_FOR_ACTION", [])]
    framework = {**settings, "IGNORE_LOG_FOR_ACTION": ignored}
    with override_settings(GRPC_FRAMEWORK=framework), stub_of(mode, service) as stub:
        call(stub, kind, "hello")
    found = [each for each in of_requests(caplog) if each.getMessage().startswith("OK")]
    assert [each.getMessage() for each in found] == [
        f"{text} : {service.__name__}/{kind}" for text in expected
    ]
    assert all(each.status_code == "OK" for each in found)
    assert len(of_requests(caplog)) == len(expected) + (not ignored)


@services
def test_the_user_is_told_as_soon_as_known(
    mode: Mode, service: type[Service], factory: None, caplog: Any
) -> None:
    class Numbered(ByToken):
        def authenticate(self, request: Any) -> Any:
            found = super().authenticate(request)
            logger.warning("asked")
            if found:
                found[0].pk = 4711
            return found

    with stub_of(mode, with_policies(service, authentication_classes=[Numbered])) as stub:
        call(as_(stub, token="ada"), "Unary", "hello")
        call(stub, "Unary", "nobody")
    by_text = {record.getMessage(): record.grpc_user_pk for record in of_project(caplog)}
    assert by_text["said hello"] == 4711
    assert by_text["said nobody"] == ""


@services
def test_calls_at_the_same_time_do_not_mix(
    mode: Mode, service: type[Service], factory: None, caplog: Any
) -> None:
    class Slow(service):  # type: ignore[misc, valid-type]
        def said(self, message: Any) -> str:
            for _ in range(3):
                logger.warning("said %s", message.text)
                time.sleep(0.005)
            return str(message.text)

    with stub_of(mode, Slow) as stub:
        pending = []
        for kind in ["Unary", "Upload"] * 4:
            method = stub.method(kind)
            request = getattr(stub.pb, f"Echo{kind}Request")(text=kind)
            argument = iter([request]) if kind == "Upload" else request
            pending.append(method.future(argument, timeout=20))
        assert {reply.result().text for reply in pending} == {"Unary", "Upload"}
    records = [record for record in of_project(caplog) if record.getMessage() != "in a thread"]
    assert len(records) == 24
    assert all(record.getMessage() == f"said {record.grpc_action}" for record in records)


def project_context(service: Any) -> dict[str, Any]:
    return {"grpc_action": service.action.upper(), "tenant": "acme"}


def failing_context(service: Any) -> dict[str, Any]:
    logger.warning("about to fail")
    raise PermissionDenied


@services
@override_settings(GRPC_FRAMEWORK={"LOG_EXTRA_CONTEXT_FUNCTION": "test_logging.project_context"})
def test_what_records_carry_by_the_settings(
    mode: Mode, service: type[Service], factory: None, caplog: Any
) -> None:
    with stub_of(mode, service) as stub:
        call(stub, "Upload", "hello")
    (record,) = of_project(caplog)
    assert (record.grpc_action, record.tenant) == ("UPLOAD", "acme")
    assert record.grpc_service_name == ""


@services
def test_what_records_carry_by_the_service(
    mode: Mode, service: type[Service], factory: None, caplog: Any
) -> None:
    class Talkative(service):  # type: ignore[misc, valid-type]
        def get_log_extra_context(self) -> dict[str, Any]:
            return {**super().get_log_extra_context(), "peer": self.context.peer()}

    with stub_of(mode, Talkative) as stub:
        call(stub, "Upload", "hello")
    (record,) = of_project(caplog)
    assert record.peer.startswith("ipv4:127.0.0.1")
    assert record.grpc_action == "Upload"


@services
@override_settings(GRPC_FRAMEWORK={"LOG_EXTRA_CONTEXT_FUNCTION": "test_logging.failing_context"})
def test_a_failure_to_tell_more_breaks_no_call(
    mode: Mode, service: type[Service], factory: None, caplog: Any
) -> None:
    with stub_of(mode, service) as stub:
        call(stub, "Upload", "hello")
    assert [r.grpc_action for r in of_project(caplog) if r.getMessage() == "said hello"] == [""]
    assert "get_log_extra_context() failed" in caplog.text


def test_it_is_installed_once(factory: None) -> None:
    before = logging.getLogRecordFactory()
    log.set_log_record_factory()
    assert logging.getLogRecordFactory() is before


def test_records_outside_of_calls_have_the_names_too(factory: None, caplog: Any) -> None:
    logger.warning("hello")
    assert told(of_project(caplog)) == {("", "", "")}
