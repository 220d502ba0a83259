"""The middlewares that the framework brings, and those of Django's that work around calls."""

import asyncio
import json
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from around import call, kinds, middlewares
from asgiref.sync import iscoroutinefunction
from declared import stub_of
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cache import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import ValidationError
from django.middleware.locale import LocaleMiddleware
from django.test import override_settings
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware
from django.utils.translation import gettext_lazy
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.middlewares import (
    auth_without_session_middleware,
    locale_middleware,
    log_requests_middleware,
)
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from polyglots import TIMES, AsyncPolyglot, Polyglot, polyglots
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
WORDS = [("de", "Januar"), ("fr-CH, fr;q=0.9", "janvier"), ("xx", "January"), ("", "January")]


@polyglots
@kinds
@pytest.mark.parametrize("middleware", [locale_middleware, LocaleMiddleware])
def test_a_call_is_in_the_language_that_its_client_accepts(
    mode: Mode, service: type[Service], kind: str, middleware: Any
) -> None:
    """From its first message to its last, and no other call is."""
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [middleware]}),
        stub_of(mode, service, max_workers=2) as stub,
    ):
        for language, word in WORDS:
            spoken = stub.options(metadata=[("accept-language", language)])
            assert call(spoken, kind, "January") == word * TIMES[kind]


@polyglots
@middlewares(locale_middleware)
def test_calls_at_the_same_time_have_a_language_each(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        open_streams = [
            (stub.options(metadata=[("accept-language", language)]).Stream(text=""), word)
            for language, word in WORDS[:2]
        ]
        firsts = [(next(replies).text, word) for replies, word in open_streams]
        rest = [(next(replies).text, word) for replies, word in reversed(open_streams)]
    assert all(text == word for text, word in firsts + rest)


class InGerman:
    async def has_permission(self, context: Any, service: Any) -> bool:
        await asyncio.sleep(0)
        return translation.gettext("January") == "Januar" and context.LANGUAGE_CODE == "de"


@polyglots
@kinds
@pytest.mark.parametrize("middleware", [locale_middleware, LocaleMiddleware])
def test_policies_of_the_other_colour_have_the_language_too(
    mode: Mode, service: type[Service], kind: str, middleware: Any
) -> None:
    strict = type(service.__name__, (service,), {"permission_classes": [InGerman]})
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [middleware]}),
        stub_of(mode, strict) as stub,
    ):
        spoken = stub.options(metadata=[("accept-language", "de")])
        assert call(spoken, kind, "January") == "Januar" * TIMES[kind]


@middlewares(locale_middleware)
def test_the_language_cookie_goes_before_what_the_client_accepts(mode: Mode) -> None:
    with stub_of(mode, Polyglot) as stub:
        sent = [("cookie", "x=1"), ("cookie", "django_language=fr"), ("accept-language", "de")]
        assert call(stub.options(metadata=sent), "Unary", "") == "janvier"


# Who calls


class ByName(BaseAuthentication):
    asked = 0

    def authenticate(self, request: Any) -> Any:
        ByName.asked += 1
        name = request.META.get("x-name")
        return name and (SimpleNamespace(name=name, is_authenticated=True), None)


class AsyncByName(ByName):
    async def authenticate(self, request: Any) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().authenticate(request)


@sync_and_async_middleware
def only_ada(get_response: Any) -> Any:
    """Depends on the user."""

    def check(request: Any) -> None:
        if request.user is None or request.context.user.name != "ada":
            raise PermissionDenied

    def middleware(request: Any) -> Any:
        check(request)
        return get_response(request)

    async def amiddleware(request: Any) -> Any:
        check(request)
        return await get_response(request)

    return amiddleware if iscoroutinefunction(get_response) else middleware


class Who(Service):
    service_name = "Who"
    pb: Any
    authentication_classes = [ByName]

    @grpc_action(request=TEXT, response=TEXT)
    def AmI(self, request: Any, context: Any) -> Any:
        return self.pb.WhoAmIResponse(text=context.user.name)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.WhoStreamResponse(text=context.user.name)


class AsyncWho(Who):
    async def AmI(self, request: Any, context: Any) -> Any:
        return self.pb.WhoAmIResponse(text=context.user.name)

    async def Stream(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield self.pb.WhoStreamResponse(text=context.user.name)


@pytest.mark.parametrize("service", [Who, AsyncWho])
@pytest.mark.parametrize("authenticator", [ByName, AsyncByName])
@middlewares(auth_without_session_middleware, only_ada)
def test_middlewares_after_auth_without_session_know_the_user(
    mode: Mode, service: type[Service], authenticator: type
) -> None:
    """And nobody is asked twice for it."""
    ByName.asked = 0
    strict = type(service.__name__, (service,), {"authentication_classes": [authenticator]})
    with stub_of(mode, strict) as stub:
        ada = stub.options(metadata=[("x-name", "ada")])
        assert ada.AmI(text="").text == "ada"
        assert [reply.text for reply in ada.Stream(text="")] == ["ada"]
        assert ByName.asked == 2
        for other in (stub, stub.options(metadata=[("x-name", "bob")])):
            with pytest.raises(grpc.RpcError) as caught:
                other.AmI(text="")
            assert caught.value.code() is StatusCode.PERMISSION_DENIED


# Django's sessions


class Member(Service):
    """Counts the visits of a session."""

    service_name = "Member"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Visit(self, request: Any, context: Any) -> Any:
        context.session["visits"] = context.session.get("visits", 0) + 1
        return self.answer(context)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Visits(self, request: Any, context: Any) -> Any:
        context.session["visits"] = context.session.get("visits", 0) + 1
        yield self.answer(context)

    @grpc_action(request=TEXT, response=TEXT)
    def Leave(self, request: Any, context: Any) -> Any:
        context.session.flush()
        return self.pb.MemberLeaveResponse()

    def answer(self, context: Any) -> Any:
        seen = [context.session["visits"], context.user.get_username()]
        return getattr(self.pb, f"Member{self.action}Response")(text=json.dumps(seen))


class AsyncMember(Member):
    async def Visit(self, request: Any, context: Any) -> Any:
        visits = await context.session.aget("visits", 0)
        await context.session.aset("visits", visits + 1)
        return await self.aanswer(context)

    async def Visits(self, request: Any, context: Any) -> AsyncIterator[Any]:
        visits = await context.session.aget("visits", 0)
        await context.session.aset("visits", visits + 1)
        yield await self.aanswer(context)

    async def Leave(self, request: Any, context: Any) -> Any:
        await context.session.aflush()
        return self.pb.MemberLeaveResponse()

    async def aanswer(self, context: Any) -> Any:
        user = await context.auser()
        seen = [await context.session.aget("visits"), user.get_username()]
        return getattr(self.pb, f"Member{self.action}Response")(text=json.dumps(seen))


members = pytest.mark.parametrize("service", [Member, AsyncMember])
with_sessions = override_settings(
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [SessionMiddleware, AuthenticationMiddleware]},
)


def session_of(user: User) -> str:
    store = SessionStore()
    store["_auth_user_id"] = str(user.pk)
    store["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    store["_auth_user_hash"] = user.get_session_auth_hash()
    store.save()
    assert store.session_key is not None
    return store.session_key


def cookie_of(call: Any) -> str:
    """The session that an answer sets, ``""`` if it deletes it."""
    cookies: SimpleCookie = SimpleCookie()
    for name, value in call.trailing_metadata():
        if name == "set-cookie":
            cookies.load(value)
    return cookies["sessionid"].value


@members
@pytest.mark.django_db(transaction=True)
@with_sessions
def test_a_session_is_kept_by_its_cookie(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        request = stub.pb.MemberVisitRequest()
        reply, done = stub.method("Visit").with_call(request)
        assert reply.text == '[1, ""]'
        metadata = [("cookie", f"sessionid={cookie_of(done)}")]
        again = stub.options(metadata=metadata)
        assert again.Visit().text == '[2, ""]'

        replies = again.Visits(text="")
        assert [reply.text for reply in replies] == ['[3, ""]']
        assert cookie_of(replies) == cookie_of(done)
        assert again.Visit().text == '[4, ""]'

        _, left = stub.method("Leave").with_call(stub.pb.MemberLeaveRequest(), metadata=metadata)
        assert cookie_of(left) == ""
        assert again.Visit().text == '[1, ""]'


@members
@pytest.mark.django_db(transaction=True)
@with_sessions
def test_the_user_of_a_session(mode: Mode, service: type[Service]) -> None:
    ada = User.objects.create_user("ada")
    with stub_of(mode, service) as stub:
        known = stub.options(metadata=[("cookie", f"sessionid={session_of(ada)}")])
        assert known.Visit().text == '[1, "ada"]'
        assert [reply.text for reply in known.Visits(text="")] == ['[2, "ada"]']
        assert stub.Visit().text == '[1, ""]'


@members
@pytest.mark.django_db(transaction=True)
@with_sessions
def test_permissions_go_by_the_user_of_a_session(mode: Mode, service: type[Service]) -> None:
    ada = User.objects.create_user("ada")
    strict = type(service.__name__, (service,), {"permission_classes": [IsAuthenticated]})
    with stub_of(mode, strict) as stub:
        known = stub.options(metadata=[("cookie", f"sessionid={session_of(ada)}")])
        assert known.Visit().text == '[1, "ada"]'
        with pytest.raises(grpc.RpcError) as caught:
            stub.Visit()
        assert caught.value.code() is StatusCode.UNAUTHENTICATED


@members
@pytest.mark.django_db(transaction=True)
@override_settings(
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    GRPC_FRAMEWORK={
        "GRPC_MIDDLEWARE": [
            log_requests_middleware,
            SessionMiddleware,
            LocaleMiddleware,
            AuthenticationMiddleware,
            LoginRequiredMiddleware,
        ]
    },
)
def test_djangos_middlewares_together(mode: Mode, service: type[Service]) -> None:
    ada = User.objects.create_user("ada")
    with stub_of(mode, service) as stub:
        metadata = [("cookie", f"sessionid={session_of(ada)}"), ("accept-language", "de")]
        request = stub.pb.MemberVisitRequest()
        reply, done = stub.method("Visit").with_call(request, metadata=metadata)
        assert reply.text == '[1, "ada"]'
        trailers = dict(done.trailing_metadata())
        assert trailers["content-language"] == "de"
        assert trailers["vary"] == "Accept-Language, Cookie"
        with pytest.raises(grpc.RpcError):  # Django would send them to the login page
            stub.Visit()


class Failing(Polyglot):
    def Unary(self, request: Any, context: Any) -> Any:
        raise ValidationError(gettext_lazy("This field is required."))


class AsyncFailing(AsyncPolyglot):
    async def Unary(self, request: Any, context: Any) -> Any:
        raise ValidationError(gettext_lazy("This field is required."))


@pytest.mark.parametrize("service", [Failing, AsyncFailing])
@pytest.mark.parametrize("middleware", [locale_middleware, LocaleMiddleware])
def test_errors_are_in_the_language_of_the_client(
    mode: Mode, service: type[Service], middleware: Any
) -> None:
    """Also where their text is known only after the middlewares have ended."""
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [middleware]}),
        stub_of(mode, service) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        call(stub.options(metadata=[("accept-language", "de")]), "Unary", "")
    assert "Dieses Feld ist zwingend erforderlich." in str(
        json.loads(caught.value.details() or "")
    )
