"""Django's sessions, and the users of them, around calls."""

import json
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import grpc
import pytest
from declared import code_of, stub_of
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cache import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.locale import LocaleMiddleware
from django.test import override_settings
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.middlewares import (
    log_requests_middleware,
)
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


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


class Losing(Member):
    """Fails after it has changed the session; with a text it has saved that first."""

    def Visit(self, request: Any, context: Any) -> Any:
        context.session["visits"] = context.session.get("visits", 0) + 1
        if request.text == "fail":
            raise PermissionDenied
        if request.text == "save":
            context.session.save()
            raise PermissionDenied
        return self.answer(context)


class AsyncLosing(AsyncMember):
    async def Visit(self, request: Any, context: Any) -> Any:
        visits = await context.session.aget("visits", 0)
        await context.session.aset("visits", visits + 1)
        if request.text == "fail":
            raise PermissionDenied
        if request.text == "save":
            await context.session.asave()
            raise PermissionDenied
        return await self.aanswer(context)


@pytest.mark.parametrize("service", [Losing, AsyncLosing])
@pytest.mark.django_db(transaction=True)
@with_sessions
def test_a_call_that_fails_saves_no_session_unless_it_says_so(
    mode: Mode, service: type[Service]
) -> None:
    ada = User.objects.create_user("ada")
    with stub_of(mode, service) as stub:
        known = stub.options(metadata=[("cookie", f"sessionid={session_of(ada)}")])
        seen = [known.Visit().text]
        for text in ("fail", "save"):
            assert (
                code_of(lambda text=text: known.Visit(text=text)) is StatusCode.PERMISSION_DENIED
            )
            seen.append(known.Visit().text)
    assert seen == ['[1, "ada"]', '[2, "ada"]', '[4, "ada"]']
