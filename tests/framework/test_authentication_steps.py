"""The steps that know and check a caller, and overrides of them, on both servers."""

from typing import Any

import pytest
from declared import code_of, stub_of
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django_socio_grpc.exceptions import PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import ByDatabase, ByToken, as_, asked, with_policies
from rest_framework.authentication import (
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.authtoken.models import Token
from rest_framework.permissions import IsAuthenticated
from whoami import AsyncWho, database, guarded, services


@pytest.fixture(autouse=True)
def _nobody_asked() -> None:
    asked.clear()


@services
def test_authentication_happens_once_in_a_call(mode: Mode, service: type[Service]) -> None:
    class Twice(service):  # type: ignore[misc, valid-type]
        def before_action(self) -> None:
            self.perform_authentication()
            super().before_action()

    with stub_of(mode, guarded(Twice, ByToken)) as stub:
        as_(stub, token="bob").AmI()
    assert asked == ["ByToken"]


@services
def test_a_user_that_a_middleware_has_set_stays_where_no_authenticator_is(
    mode: Mode, service: type[Service]
) -> None:
    class Known(service):  # type: ignore[misc, valid-type]
        def before_action(self) -> None:
            self.context.user = "somebody"
            super().before_action()

    with stub_of(mode, Known) as stub:
        assert stub.AmI().text == "somebody by None"
    with stub_of(mode, with_policies(Known, authentication_classes=[ByToken])) as stub:
        assert stub.AmI().text == "None by None"


STEPS = ["before_action", "perform_authentication", "resolve_user", "check_permissions"]


def awaiting(service: Any, name: str) -> Any:
    """A service whose async ``name`` awaits the one that it overrides."""

    async def step(self: Any) -> Any:
        asked.append(name)
        return await getattr(super(cls, self), name)()

    cls = type(service.__name__, (service,), {name: step})
    return cls


@database
@services
@pytest.mark.parametrize("authenticator", [ByToken, ByDatabase, TokenAuthentication])
def test_an_async_step_awaits_what_it_overrides(
    mode: Mode, service: type[Service], authenticator: type
) -> None:
    """``await super().before_action()`` runs the queries of the checks in a thread."""
    token = Token.objects.create(user=User.objects.create(username="ada"))
    Tag.objects.create(label="ada")
    metadata = [("x-token", "ada"), ("x-label", "ada"), ("authorization", f"Token {token.key}")]
    for name in STEPS:
        with stub_of(mode, guarded(awaiting(service, name), authenticator)) as stub:
            stub.options(metadata=metadata).AmI()
            assert name in asked
            assert code_of(stub.AmI) is StatusCode.UNAUTHENTICATED
            assert code_of(lambda one=stub: list(one.Stream())) is StatusCode.UNAUTHENTICATED


@services
@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_is_not_awaited_lets_nobody_in(
    mode: Mode, service: type[Service], name: str, recwarn: pytest.WarningsRecorder
) -> None:
    async def step(self: Any) -> None:
        getattr(super(cls, self), name)()

    cls: Any = type(service.__name__, (service,), {name: step})
    with stub_of(mode, guarded(cls, ByToken)) as stub:
        for caller in (stub, as_(stub, token="bob")):
            assert code_of(caller.AmI) is not StatusCode.OK
            assert code_of(lambda one=caller: list(one.Stream())) is not StatusCode.OK
    assert "handler" not in asked


@services
def test_an_async_step_may_take_an_exception_for_an_answer(
    mode: Mode, service: type[Service]
) -> None:
    class Lenient(service):  # type: ignore[misc, valid-type]
        async def check_permissions(self) -> None:
            try:
                await super().check_permissions()
            except PermissionDenied:
                self.context.user = "a guest"

    rules = {"authentication_classes": [], "permission_classes": [IsAuthenticated]}
    with stub_of(mode, with_policies(Lenient, **rules)) as stub:
        assert stub.AmI().text == "a guest by None"


@database
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
def test_session_authentication(mode: Mode, service: type[Service]) -> None:
    """AmI and Stream are no GET, so a session alone is not enough, as in a browser."""
    client = Client()
    client.force_login(User.objects.create(username="ada"))
    session, token = client.cookies["sessionid"].value, "a" * 32
    with stub_of(mode, guarded(service, SessionAuthentication)) as stub:
        assert code_of(stub.AmI) is StatusCode.UNAUTHENTICATED
        metadata = [("cookie", f"sessionid={session}; csrftoken={token}")]
        assert code_of(stub.options(metadata=metadata).AmI) is StatusCode.PERMISSION_DENIED
        ada = stub.options(metadata=[*metadata, ("x-csrftoken", token)])
        assert ada.AmI().text == "ada by None"
        assert [reply.text for reply in ada.Stream()] == ["ada"]


def test_an_async_handler_that_does_not_await_a_step_gives_no_answer(
    mode: Mode, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    class Careless(AsyncWho):
        async def AmI(self, request: Any, context: Any) -> Any:
            self.check_permissions()
            return self.answer()

    class Careful(AsyncWho):
        async def AmI(self, request: Any, context: Any) -> Any:
            await self.check_permissions()
            return self.answer()

    for service in (Careless, Careful):
        with stub_of(mode, with_policies(service, authentication_classes=[ByToken])) as stub:
            code = code_of(as_(stub, token="bob").AmI)
        assert code is (StatusCode.INTERNAL if service is Careless else StatusCode.OK)
    assert "Write await before it: await self.check_permissions()" in caplog.text
