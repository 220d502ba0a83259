"""``BaseService``: its helpers let nobody through, in either colour, awaited or not."""

from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.contenttypes.models import ContentType
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.base_service import BaseService
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.testing import Mode
from grpc import StatusCode

pytestmark = pytest.mark.django_db(transaction=True)

NAME: list[FieldDict] = [{"name": "name", "type": "string"}]
served: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_served() -> None:
    served.clear()


def method() -> bool:
    return True


async def coroutine_method() -> bool:
    return False


STRANGERS: dict[str, Any] = {
    "anonymous": AnonymousUser(),
    "half": SimpleNamespace(name="half"),
    "old": SimpleNamespace(name="old", is_authenticated=method),
    "later": SimpleNamespace(name="later", is_authenticated=coroutine_method),
    "text": SimpleNamespace(name="text", is_authenticated="no"),
    "retired": SimpleNamespace(name="retired", is_authenticated=True, is_active=coroutine_method),
    "inactive": SimpleNamespace(name="inactive", is_authenticated=True, is_active=False),
}
"""What an authenticator may leave behind that is no user."""


class ByName:
    def authenticate(self, context: Any) -> Any:
        name = context.META.get("HTTP_X_NAME")
        if name in STRANGERS:
            return STRANGERS[name], None
        return name and (User.objects.get(username=name), None)


class People(BaseService):
    """What its variants in either colour have in common."""

    service_name = "People"
    authentication_classes = [ByName]
    pb: Any

    def reply(self, user: Any) -> Any:
        served.append(user.username)
        return self.pb.PeopleReply(name=user.username)


action = grpc_action(response=NAME, response_name="PeopleReply")


class SyncPeople(People):
    @action
    def User(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_user(context))

    @action
    def Staff(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_staff(context))

    @action
    def Superuser(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_superuser(context))

    @action
    def Permitted(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_permission(context, "auth.change_user"))

    @grpc_action(response=NAME, response_name="PeopleReply", response_stream=True)
    def Stream(self, request: Any, context: Any) -> Any:
        yield self.reply(self.require_user(context))

    @action
    def Deaf(self, request: Any, context: Any) -> Any:
        try:
            self.require_user(context)
        except Exception:
            served.append("swallowed")
        return self.pb.PeopleReply(name="nobody")


class AsyncPeople(SyncPeople):
    """Without an ``await``, as the document has it."""

    async def User(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_user(context))

    async def Staff(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_staff(context))

    async def Superuser(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_superuser(context))

    async def Permitted(self, request: Any, context: Any) -> Any:
        return self.reply(await self.arequire_permission(context, "auth.change_user"))

    async def Stream(self, request: Any, context: Any) -> Any:
        yield self.reply(self.require_user(context))

    async def Deaf(self, request: Any, context: Any) -> Any:
        return super().Deaf(request, context)


class AwaitingPeople(AsyncPeople):
    async def User(self, request: Any, context: Any) -> Any:
        return self.reply(await self.require_user(context))

    async def Staff(self, request: Any, context: Any) -> Any:
        return self.reply(await self.require_staff(context))

    async def Superuser(self, request: Any, context: Any) -> Any:
        return self.reply(await self.require_superuser(context))

    async def Permitted(self, request: Any, context: Any) -> Any:
        return self.reply(await (await self.arequire_permission(context, "auth.change_user")))

    async def Stream(self, request: Any, context: Any) -> Any:
        yield self.reply(await self.require_user(context))

    async def Deaf(self, request: Any, context: Any) -> Any:
        try:
            await self.require_user(context)
        except Exception:
            served.append("swallowed")
        return self.pb.PeopleReply(name="nobody")


services = pytest.mark.parametrize("service", [SyncPeople, AsyncPeople, AwaitingPeople])


def as_(stub: Stub, name: str) -> Stub:
    return stub.options(metadata=[("x-name", name)], timeout=10)


def outcome(stub: Stub, name: str) -> Any:
    """The name that is answered, or the status."""
    try:
        reply = getattr(stub, name)()
        return reply.name if name != "Stream" else [item.name for item in reply]
    except grpc.RpcError as error:
        return error.code()


@services
@pytest.mark.parametrize("name", ["User", "Staff", "Superuser", "Permitted", "Stream"])
def test_no_rpc_goes_on_without_a_user(mode: Mode, service: type[People], name: str) -> None:
    """In the system that the document describes it does: its ``require_user`` starts an abort
    that nobody awaits, returns, and the handler answers a caller whom nobody knows.
    """
    with stub_of(mode, service) as stub:
        assert outcome(stub, name) is StatusCode.UNAUTHENTICATED
        for stranger in STRANGERS:
            assert outcome(as_(stub, stranger), name) is StatusCode.UNAUTHENTICATED, stranger
    assert served == []


@services
def test_a_handler_that_swallows_the_exception_answers_nobody(
    mode: Mode, service: type[People]
) -> None:
    with stub_of(mode, service) as stub:
        assert outcome(stub, "Deaf") is StatusCode.UNAUTHENTICATED
    assert served == ["swallowed"]


@services
def test_who_is_let_in(mode: Mode, service: type[People]) -> None:
    User.objects.create(username="ada")
    User.objects.create(username="staff", is_staff=True)
    User.objects.create(username="root", is_superuser=True)
    permitted = User.objects.create(username="eve")
    ContentType.objects.clear_cache()  # the tests before have emptied the tables
    kind = ContentType.objects.get_for_model(User)
    permission, _ = Permission.objects.get_or_create(codename="change_user", content_type=kind)
    permitted.user_permissions.add(permission)
    denied = StatusCode.PERMISSION_DENIED
    with stub_of(mode, service) as stub:
        found = {
            name: [outcome(as_(stub, name), rpc) for rpc in ("Staff", "Superuser", "Permitted")]
            for name in ("ada", "staff", "root", "eve")
        }
        assert outcome(as_(stub, "ada"), "User") == "ada"
        assert outcome(as_(stub, "ada"), "Stream") == ["ada"]
    assert found == {
        "ada": [denied, denied, denied],
        "staff": ["staff", denied, denied],
        "root": [denied, "root", "root"],
        "eve": [denied, denied, "eve"],
    }


class ForgetfulPeople(AsyncPeople):
    async def Permitted(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_permission(context, "auth.change_user"))


def test_a_permission_that_async_code_does_not_await_is_not_there(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    User.objects.create(username="ada")
    User.objects.create(username="root", is_superuser=True)
    with stub_of(mode, ForgetfulPeople) as stub:
        assert outcome(as_(stub, "ada"), "Permitted") is StatusCode.INTERNAL
        assert "await self.arequire_permission(...)" in caplog.text
        assert outcome(as_(stub, "root"), "Permitted") == "root", "for whom no query is needed"
    assert served == ["root"]


class WritingPeople(People):
    @action
    async def Rename(self, request: Any, context: Any) -> Any:
        user = self.require_user(context)
        assert isinstance(user, User)
        assert user == context.user == await user  # type: ignore[misc]
        assert await User.objects.filter(pk=user.pk).aexists()
        user.first_name = "Ada"
        await user.asave()
        await user.groups.acreate(name="writers")
        return self.reply(user)


def test_the_user_is_a_user(mode: Mode) -> None:
    user = User.objects.create(username="ada")
    with stub_of(mode, WritingPeople) as stub:
        assert outcome(as_(stub, "ada"), "Rename") == "ada"
    user.refresh_from_db()
    assert user.first_name == "Ada"
    assert user.groups.get().name == "writers"
