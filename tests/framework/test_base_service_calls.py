"""How a ``BaseService`` ends a call, what it tells of one, and contracts written by hand."""

import json
from functools import partial
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from compiled import compile_to_descriptors
from declared import Contract, Stub, stub_of
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.adapters import service_handler
from django_socio_grpc.base_service import BaseService
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.testing import Mode, serve
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

NAME: list[FieldDict] = [{"name": "name", "type": "string"}]


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
                ("x-request-id", "id-7"),
                ("x-forwarded-for", "1.1.1.1"),
            ],
        )
    assert json.loads(reply.name) == ["sesame", "none", "127.0.0.1", "ipv4", "id-7"]
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
    server.add_generic_rpc_handlers((service_handler(name, plans),))


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
