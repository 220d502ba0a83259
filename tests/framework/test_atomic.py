"""A call as one transaction: service attribute, action argument, ATOMIC_REQUESTS; both servers."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from declared import code_of, stub_of
from django.db import connection, connections, transaction
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError, NotFound
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import TEXT, with_policies
from rest_framework.permissions import BasePermission
from tag_actions import TagProtoSerializer

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = ["Unary", "Stream", "Upload", "Chat", "Written"]
kinds = pytest.mark.parametrize("kind", KINDS)
seen: list[Any] = []


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


class Steps(Service):
    """Each RPC writes a row for each message, and ends as the message says."""

    service_name = "Step"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.StepUnaryResponse(text=self.write(request))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.StepStreamResponse(text="first")
        yield self.pb.StepStreamResponse(text=self.write(request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        texts = [self.write(message) for message in request]
        return self.pb.StepUploadResponse(text=" ".join(texts))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.StepChatResponse(text=self.write(message))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Written(self, request: Any, context: Any) -> None:
        context.write(self.pb.StepWrittenResponse(text=self.write(request)))

    def write(self, message: Any) -> str:
        seen.append(connection.in_atomic_block)
        Tag.objects.create(label=message.text.replace(" ", "-"))
        match message.text:
            case "raise":
                raise NotFound
            case "abort":
                self.context.abort(StatusCode.DATA_LOSS, "gone")
            case "swallowed abort":
                try:
                    self.context.abort(StatusCode.DATA_LOSS, "gone")
                except Exception:
                    return "swallowed"
            case "code":
                self.context.set_code(StatusCode.DATA_LOSS)
            case "bug":
                raise ValueError
        return str(message.text)


class Atomic(Steps):
    atomic = True


def call(stub: Any, kind: str, text: str) -> Any:
    stub = stub.options(timeout=10)
    if kind in {"Upload", "Chat"}:
        reply = getattr(stub, kind)(iter([getattr(stub.pb, f"Step{kind}Request")(text=text)]))
    else:
        reply = getattr(stub, kind)(text=text)
    return reply if kind in {"Unary", "Upload"} else list(reply)


def labels() -> list[str]:
    return sorted(Tag.objects.values_list("label", flat=True))


@contextmanager
def atomic_requests(*, on: bool = True) -> Iterator[None]:
    before = connections["default"].settings_dict["ATOMIC_REQUESTS"]
    connections.settings["default"]["ATOMIC_REQUESTS"] = on
    try:
        yield
    finally:
        connections.settings["default"]["ATOMIC_REQUESTS"] = before


@kinds
def test_a_call_that_ends_well_is_committed(mode: Mode, kind: str) -> None:
    with stub_of(mode, Atomic) as stub:
        call(stub, kind, "fine")
    assert seen == [True]
    assert labels() == ["fine"]


@kinds
def test_a_call_that_fails_is_rolled_back(mode: Mode, kind: str) -> None:
    with stub_of(mode, Atomic) as stub:
        for end in ("raise", "abort", "swallowed abort", "code", "bug"):
            assert code_of(partial(call, stub, kind, end)) is not StatusCode.OK, end
            assert labels() == [], end


@kinds
def test_without_it_what_was_written_stays(mode: Mode, kind: str) -> None:
    with stub_of(mode, Steps) as stub:
        assert code_of(lambda: call(stub, kind, "raise")) is StatusCode.NOT_FOUND
    assert seen == [False]
    assert labels() == ["raise"]


@pytest.mark.parametrize(
    ("service", "action", "requests", "expected"),
    [
        (None, None, False, False),
        (None, None, True, True),
        (True, None, False, True),
        (False, None, True, False),
        (None, True, False, True),
        (None, False, True, False),
        (True, False, True, False),
        (False, True, False, True),
    ],
)
def test_the_action_decides_then_the_service_then_the_database(
    mode: Mode, service: bool | None, action: bool | None, requests: bool, expected: bool
) -> None:
    class Chosen(Steps):
        atomic = service

        @grpc_action(request=TEXT, response=TEXT, atomic=action)
        def Unary(self, request: Any, context: Any) -> Any:
            return super().Unary(request, context)

    with atomic_requests(on=requests), stub_of(mode, Chosen) as stub:
        call(stub, "Unary", "fine")
    assert seen == [expected]


def test_what_runs_before_and_after_belongs_to_the_transaction(mode: Mode) -> None:
    class Noting(Atomic):
        def before_action(self) -> None:
            super().before_action()
            Tag.objects.create(label="before")

        def after_action(self) -> None:
            Tag.objects.create(label="after")
            if self.request.text == "refused afterwards":
                raise NotFound

    with stub_of(mode, Noting) as stub:
        assert code_of(lambda: call(stub, "Unary", "refused afterwards")) is StatusCode.NOT_FOUND
        assert labels() == []
        call(stub, "Unary", "fine")
    assert labels() == ["after", "before", "fine"]


def test_a_reply_that_cannot_be_sent_is_rolled_back(mode: Mode) -> None:
    class Wrong(Atomic):
        def Unary(self, request: Any, context: Any) -> Any:
            super().Unary(request, context)
            return "no message"

    with stub_of(mode, Wrong) as stub:
        assert code_of(lambda: call(stub, "Unary", "x")) is StatusCode.INTERNAL
    assert labels() == []


def test_what_waits_for_the_commit_runs_after_it(mode: Mode) -> None:
    class Later(Atomic):
        def Unary(self, request: Any, context: Any) -> Any:
            transaction.on_commit(lambda: seen.append(connection.in_atomic_block))
            return super().Unary(request, context)

    with stub_of(mode, Later) as stub:
        call(stub, "Unary", "fine")
        code_of(lambda: call(stub, "Unary", "raise"))
    assert seen == [True, False, True]


def test_a_client_that_leaves_a_stream_takes_its_work_back(mode: Mode) -> None:
    class Endless(Atomic):
        @grpc_action(request=TEXT, response=TEXT, response_stream=True)
        def Stream(self, request: Any, context: Any) -> Iterator[Any]:
            Tag.objects.create(label="half")
            while True:
                yield self.pb.StepStreamResponse(text="x" * 10000)

    with stub_of(mode, Endless) as stub:
        replies = stub.options(timeout=10).Stream()
        next(replies)
        replies.cancel()
    assert labels() == []


class SyncTags(generics.ModelService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    atomic = True

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        seen.append(connection.in_atomic_block)
        raise NotFound


class AsyncTags(generics.AsyncModelService):
    """Its actions are planned as sync code, its hook is async code in their thread."""

    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    atomic = True

    async def aperform_create(self, serializer: Any) -> None:
        await super().aperform_create(serializer)
        await Tag.objects.acreate(label="beside it")
        seen.append(await sync_to_async(lambda: connection.in_atomic_block)())
        raise NotFound


@pytest.mark.parametrize("service", [SyncTags, AsyncTags])
def test_ready_made_actions_of_both_colours(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert code_of(lambda: stub.Create(label="x")) is StatusCode.NOT_FOUND
    assert seen == [True]
    assert labels() == []


def test_an_error_of_a_permission_ends_the_transaction_too(mode: Mode) -> None:
    class Writing(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            Tag.objects.create(label="asked")
            return False

    with stub_of(mode, with_policies(Atomic, permission_classes=[Writing])) as stub:
        assert code_of(lambda: call(stub, "Unary", "x")) is StatusCode.PERMISSION_DENIED
    assert labels() == []


class ByHand(Steps):
    async def Unary(self, request: Any, context: Any) -> Any:
        seen.append(await sync_to_async(lambda: connection.in_atomic_block)())
        return self.pb.StepUnaryResponse(text=request.text)


def test_databases_do_not_make_an_async_handler_atomic(mode: Mode) -> None:
    with atomic_requests(), stub_of(mode, ByHand) as stub:
        call(stub, "Unary", "fine")
        call(stub, "Upload", "fine")
    assert seen == [False, True]


class AskedOfService(ByHand):
    atomic = True


class AskedOfAction(Steps):
    @grpc_action(request=TEXT, response=TEXT, atomic=True)
    async def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.StepUnaryResponse(text=request.text)


@pytest.mark.parametrize("service", [AskedOfService, AskedOfAction])
def test_an_async_handler_that_is_to_be_atomic_is_refused_at_startup(
    mode: Mode, service: type[Service]
) -> None:
    message = rf"{service.__name__}\.Unary is to be atomic, but it is async"
    with pytest.raises(ConfigurationError, match=message), stub_of(mode, service):
        pass


def test_an_async_handler_may_be_left_out(mode: Mode) -> None:
    class Mixed(Atomic):
        @grpc_action(request=TEXT, response=TEXT, atomic=False)
        async def Unary(self, request: Any, context: Any) -> Any:
            seen.append(await sync_to_async(lambda: connection.in_atomic_block)())
            return self.pb.StepUnaryResponse(text=request.text)

    with stub_of(mode, Mixed) as stub:
        call(stub, "Unary", "fine")
        call(stub, "Upload", "fine")
    assert seen == [False, True]


@contextmanager
def watching(context: Any) -> Iterator[None]:
    seen.append(connection.in_atomic_block)
    try:
        yield
    finally:
        seen.append(len(labels()))


@override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [watching]})
def test_middlewares_are_around_the_transaction(mode: Mode) -> None:
    with stub_of(mode, Atomic) as stub:
        call(stub, "Unary", "fine")
    assert seen == [False, True, 1]
