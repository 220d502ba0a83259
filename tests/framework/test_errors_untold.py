"""Errors that cannot tell of themselves, and logs that fail: the call ends, and leaks nothing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from declared import stub_of
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client, override_settings
from django.utils.log import AdminEmailHandler
from django_socio_grpc import log
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import INTERNAL_ERROR, Abort
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from rest_framework.exceptions import APIException, NotFound

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
SECRET = "hunter2"
logger = logging.getLogger("django_socio_grpc.request")


class Failing(Service):
    service_name = "Failing"
    pb: Any
    error: BaseException = ValueError(SECRET)


class SyncFailing(Failing):
    @grpc_action(request=TEXT, response=TEXT)
    def One(self, request: Any, context: Any) -> Any:
        raise self.error

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Many(self, request: Any, context: Any) -> Any:
        raise self.error
        yield


class AsyncFailing(Failing):
    @grpc_action(request=TEXT, response=TEXT)
    async def One(self, request: Any, context: Any) -> Any:
        raise self.error

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Many(self, request: Any, context: Any) -> Any:
        raise self.error
        yield


services = pytest.mark.parametrize("service", [SyncFailing, AsyncFailing])


def ends(mode: Mode, service: Any, error: BaseException, **options: Any) -> set[StatusCode]:
    """How calls end that raise ``error``. None of them tells the secret or hangs."""
    codes = set()
    with stub_of(mode, type("Failing", (service,), {"error": error})) as stub:
        for call in (stub.options(timeout=10, **options).One, stub.options(timeout=10).Many):
            with pytest.raises(grpc.RpcError) as caught:
                list(call())
            assert SECRET not in str(caught.value)
            codes.add(caught.value.code())
    return codes


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError(SECRET)


class Challenging(APIException):
    auth_header = 5


class Bye(BaseException):
    """As ``pytest.fail()`` raises one in a handler under test."""


@services
@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        Mute(),
        Challenging(SECRET),
        Abort(StatusCode.NOT_FOUND, 5),  # type: ignore[arg-type]
        Abort("NOT_FOUND", SECRET),  # type: ignore[arg-type]
        Abort(StatusCode.NOT_FOUND, SECRET, [("x", 5)]),  # type: ignore[list-item]
    ],
)
def test_an_error_that_cannot_be_told(
    mode: Mode, service: type[Service], error: Exception, debug: bool
) -> None:
    """grpc would tell the client of the error in telling it."""
    with override_settings(DEBUG=debug):
        assert ends(mode, service, error) == {StatusCode.INTERNAL}


@services
@pytest.mark.parametrize("error", [Bye(SECRET), SystemExit(SECRET), KeyboardInterrupt()])
def test_an_error_that_is_no_exception(
    mode: Mode, service: type[Service], error: BaseException
) -> None:
    """Nobody would answer the call."""
    assert ends(mode, service, error) == {StatusCode.INTERNAL}


@services
@pytest.mark.parametrize("error", [BadRequest(SECRET), SuspiciousOperation(SECRET)])
def test_what_is_a_bad_request_for_django(
    mode: Mode, service: type[Service], error: Exception
) -> None:
    assert ends(mode, service, error) == {StatusCode.INVALID_ARGUMENT}


@contextmanager
def logging_to(handler: logging.Handler) -> Iterator[None]:
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class Broken(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise ValueError(SECRET)


@services
def test_a_log_that_fails_changes_no_status(mode: Mode, service: type[Service]) -> None:
    with logging_to(Broken()):
        assert ends(mode, service, NotFound()) == {StatusCode.NOT_FOUND}
        assert ends(mode, service, ValueError(SECRET)) == {StatusCode.INTERNAL}


@services
@override_settings(ADMINS=[("Ada", "ada@example.com")], DEBUG=False)
def test_admins_get_a_mail_of_an_unexpected_error(mode: Mode, service: type[Service]) -> None:
    """Django's handler wants Django's request, with all that it reports of one."""
    handler = AdminEmailHandler(include_html=True)
    handler.setLevel("ERROR")
    with logging_to(handler):
        ends(mode, service, ValueError("no tea"), metadata=[("x-tea", "green")])
    one, _ = mail.outbox
    assert one.to == ["ada@example.com"]
    for text in ("no tea", "Failing/One", "HTTP_X_TEA = 'green'"):
        assert text in one.body


@services
def test_records_have_the_call_as_django_s_request(
    mode: Mode, service: type[Service], caplog: pytest.LogCaptureFixture
) -> None:
    ends(mode, service, NotFound())
    requests = [vars(each)["request"] for each in caplog.records if each.name == logger.name]
    assert all(isinstance(request, HttpRequest) for request in requests)
    assert {request.path for request in requests} >= {"Failing/One", "Failing/Many"}


@pytest.mark.django_db(transaction=True)
@services
@override_settings(
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    GRPC_FRAMEWORK={
        "GRPC_MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ]
    },
)
def test_a_record_does_not_ask_whose_session_it_is(
    mode: Mode, service: type[Service], caplog: pytest.LogCaptureFixture
) -> None:
    """Async code could not: the user is a row, which nobody has read yet."""
    client = Client()
    client.force_login(User.objects.create(username="ada"))
    metadata = [("cookie", f"sessionid={client.cookies['sessionid'].value}")]
    before = logging.getLogRecordFactory()
    log.set_log_record_factory()
    try:
        ends(mode, service, ValueError(SECRET), metadata=metadata)
    finally:
        logging.setLogRecordFactory(before)
    assert "get_log_extra_context" not in caplog.text


HOST = [("headers", '{"host": "evil.example"}')]
HALF = [("headers", '{"x-token": "\\ud800"}')]
HALF_FILTER = [("filters", '{"title": "\\ud800"}')]


@pytest.mark.parametrize("metadata", [HOST, HALF, HALF_FILTER])
@override_settings(ALLOWED_HOSTS=["good.example"])
def test_metadata_that_no_client_should_send(mode: Mode, metadata: Any) -> None:
    """A host that is not ours, and half of a character, which no database and no log can take."""

    class Asking(Service):
        service_name = "Asking"
        pb: Any

        @grpc_action(request=TEXT, response=TEXT)
        def Ask(self, request: Any, context: Any) -> Any:
            seen = f"{context.get_host()} {context.META.get('HTTP_X_TOKEN')} {context.GET}"
            return self.pb.AskingAskResponse(text=seen)

    with stub_of(mode, Asking) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.options(metadata=metadata).Ask()
    assert caught.value.code() is StatusCode.INVALID_ARGUMENT
    assert INTERNAL_ERROR not in str(caught.value)
