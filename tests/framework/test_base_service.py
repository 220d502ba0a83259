"""``BaseService``: its helpers let nobody through, in either colour, awaited or not."""

import json
from functools import partial
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from compiled import compile_to_descriptors
from declared import Contract, Stub, stub_of
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.contenttypes.models import ContentType
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.adapters import method_handler
from django_socio_grpc.base_service import BaseService
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.testing import Mode, serve
from google.protobuf.message_factory import GetMessageClass
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


CODES = {
    "invalid_argument": StatusCode.INVALID_ARGUMENT,
    "unauthenticated": StatusCode.UNAUTHENTICATED,
    "permission_denied": StatusCode.PERMISSION_DENIED,
    "not_found": StatusCode.NOT_FOUND,
    "already_exists": StatusCode.ALREADY_EXISTS,
    "failed_precondition": StatusCode.FAILED_PRECONDITION,
    "unimplemented": StatusCode.UNIMPLEMENTED,
    "unavailable": StatusCode.UNAVAILABLE,
    "internal": StatusCode.INTERNAL,
}


class SyncEnding(BaseService):
    service_name = "Ending"
    pb: Any

    @grpc_action(request=NAME, response=NAME)
    def Abort(self, request: Any, context: Any) -> Any:
        name, _, message = request.name.partition(" ")
        if message:
            getattr(self, f"abort_{name}")(context, message)
        getattr(self, f"abort_{name}")(context)

    @grpc_action(request=NAME, response=NAME)
    def Facts(self, request: Any, context: Any) -> Any:
        self.set_metadata(context, "x-first", "1")
        self.set_metadata(context, "x-second", "2")
        facts = [
            self.get_metadata(context, "X-Word"),
            self.get_metadata(context, "x-missing", "none"),
            self.get_client_ip(context),
            self.get_peer(context).partition(":")[0],
            self.get_request_id(context),
        ]
        return self.pb.EndingFactsResponse(name=json.dumps(facts))


class AsyncEnding(SyncEnding):
    async def Abort(self, request: Any, context: Any) -> Any:
        name, _, message = request.name.partition(" ")
        await getattr(self, f"abort_{name}")(context, message or "as it is")

    async def Facts(self, request: Any, context: Any) -> Any:
        return super().Facts(request, context)


@pytest.mark.parametrize("service", [SyncEnding, AsyncEnding])
@pytest.mark.parametrize("name", CODES)
def test_abort(mode: Mode, service: type[BaseService], name: str) -> None:
    with stub_of(mode, service) as stub:
        for message in ("Because.", ""):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Abort(name=f"{name} {message}")
            assert caught.value.code() is CODES[name]
            assert caught.value.details()
        assert message or caught.value.details() != "Because."


@pytest.mark.parametrize("service", [SyncEnding, AsyncEnding])
def test_metadata_and_peer(mode: Mode, service: type[BaseService]) -> None:
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        method = contract.stub(channel).method("Facts")
        reply, call = method.with_call(
            contract.pb.EndingFactsRequest(),
            metadata=[
                ("x-word", "sesame"),
                ("x-request-id", "id 7"),
                ("x-forwarded-for", "1.1.1.1"),
            ],
        )
    assert json.loads(reply.name) == ["sesame", "none", "127.0.0.1", "ipv4", "id 7"]
    assert {("x-first", "1"), ("x-second", "2")} <= set(call.trailing_metadata())


HAND_WRITTEN = """
syntax = "proto3";
package shelves;

service ShelfService {
    rpc GetShelf(ShelfRequest) returns (Shelf);
    rpc Follow(stream ShelfRequest) returns (stream Shelf);
}

message ShelfRequest { string name = 1; }
message Shelf { string name = 1; }
"""


class ShelfMethods:
    """Methods that several services may share, each with a contract of its own."""

    async def Follow(self, request: Any, context: Any) -> Any:
        async for message in request:
            yield self.shelf(message)

    def shelf(self, request: Any) -> Any:
        return GetMessageClass(shelves.message_types_by_name["Shelf"])(name=request.name)


shelves = compile_to_descriptors(HAND_WRITTEN)


class ShelfService(ShelfMethods, BaseService):
    def GetShelf(self, request: Any, context: Any) -> Any:
        return self.shelf(request)


class HalfShelfService(ShelfMethods, BaseService):
    service_name = "ShelfService"


def serve_by_hand(service: type[BaseService], server: Any) -> None:
    name, plans = bind_service(service, shelves, check_messages=False)
    handlers = {rpc: method_handler(plan) for rpc, plan in plans.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))


def test_methods_by_the_names_of_a_contract_that_is_written_by_hand(mode: Mode) -> None:
    request = GetMessageClass(shelves.message_types_by_name["ShelfRequest"])
    with (
        serve(mode, partial(serve_by_hand, ShelfService)) as running,
        running.channel() as channel,
    ):
        stub = Stub(channel, shelves.services_by_name["ShelfService"], SimpleNamespace())
        assert stub.GetShelf(name="a").name == "a"
        assert [reply.name for reply in stub.Follow(iter([request(name="b")]))] == ["b"]


def test_a_method_that_the_contract_asks_for_in_vain(mode: Mode) -> None:
    with (
        pytest.raises(ConfigurationError, match="the class has no action 'GetShelf'"),
        serve(mode, partial(serve_by_hand, HalfShelfService)),
    ):
        raise AssertionError("it serves")


class Bare(BaseService):
    def GetShelf(self, request: Any, context: Any) -> Any: ...


def test_methods_without_a_contract(mode: Mode) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"tests\.Bare has no rpc\. Give the methods"),
        stub_of(mode, Bare),
    ):
        raise AssertionError("it serves")
