"""``as_servicer()``: what ``add_<X>Servicer_to_server`` of a generated module takes."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from declared import Contract, Stub
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError, NotFound, Unimplemented
from django_socio_grpc.services import Service
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class Echo(Service):
    service_name = "Echo"
    ending = "!"
    pb: Any


class SyncEcho(Echo):
    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any:
        if not request.text:
            raise NotFound("There are no words.")
        return self.pb.EchoSayResponse(text=request.text + self.ending)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Spell(self, request: Any, context: Any) -> Iterator[Any]:
        for letter in request.text:
            yield self.pb.EchoSpellResponse(text=letter)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Join(self, request: Any, context: Any) -> Any:
        return self.pb.EchoJoinResponse(text=" ".join(message.text for message in request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.EchoChatResponse(text=message.text + self.ending)


class AsyncEcho(Echo):
    @grpc_action(request=TEXT, response=TEXT)
    async def Say(self, request: Any, context: Any) -> Any:
        if not request.text:
            raise NotFound("There are no words.")
        return self.pb.EchoSayResponse(text=request.text + self.ending)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Spell(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for letter in request.text:
            yield self.pb.EchoSpellResponse(text=letter)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Join(self, request: Any, context: Any) -> Any:
        return self.pb.EchoJoinResponse(text=" ".join([m.text async for m in request]))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for message in request:
            yield self.pb.EchoChatResponse(text=message.text + self.ending)


services = pytest.mark.parametrize("service", [SyncEcho, AsyncEcho])


def add_servicer(contract: Contract, servicer: Any, server: Any) -> None:
    """What ``add_EchoControllerServicer_to_server`` of a generated module does."""
    (descriptor,) = contract.file.services_by_name.values()
    handlers = {}
    for name, method in descriptor.methods_by_name.items():
        ends = [
            "stream" if streams else "unary"
            for streams in (method.client_streaming, method.server_streaming)
        ]
        handlers[name] = getattr(grpc, f"{'_'.join(ends)}_rpc_method_handler")(
            getattr(servicer, name),
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )
    generic = grpc.method_handlers_generic_handler(descriptor.full_name, handlers)
    server.add_generic_rpc_handlers((generic,))
    server.add_registered_method_handlers(descriptor.full_name, handlers)


def hook_of(service: type[Echo], **initkwargs: Any) -> tuple[Contract, Callable[[Any], None]]:
    contract = Contract(service)
    return contract, lambda server: add_servicer(
        contract, service.as_servicer(**initkwargs), server
    )


def check_all_kinds(stub: Stub, pb: SimpleNamespace) -> None:
    stub = stub.options(timeout=10)
    assert stub.Say(text="hello").text == "hello!"
    assert [reply.text for reply in stub.Spell(text="abc")] == ["a", "b", "c"]
    joined = stub.Join(pb.EchoJoinRequest(text=text) for text in ("do", "join"))
    assert joined.text == "do join"
    replies = stub.Chat(pb.EchoChatRequest(text=text) for text in "ab")
    assert [reply.text for reply in replies] == ["a!", "b!"]
    with pytest.raises(grpc.RpcError) as caught:
        stub.Say(text="")
    assert caught.value.code() is StatusCode.NOT_FOUND


@services
def test_all_kinds_on_our_servers(mode: Mode, service: type[Echo]) -> None:
    contract, hook = hook_of(service)
    with serve(mode, hook) as running, running.channel() as channel:
        assert running.server.services == ["tests.EchoController"]
        check_all_kinds(contract.stub(channel), contract.pb)


@services
def test_all_kinds_on_a_sync_server_built_by_hand(service: type[Echo]) -> None:
    contract, hook = hook_of(service)
    before = set(threading.enumerate())
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        hook(server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            check_all_kinds(contract.stub(channel), contract.pb)
        server.stop(0).wait()
    loops = [t for t in set(threading.enumerate()) - before if t.name == "grpc-loop"]
    assert len(loops) == (service is AsyncEcho)  # one for all of its RPCs


@services
def test_all_kinds_on_an_aio_server_built_by_hand(
    service: type[Echo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grpc_settings, "GRPC_ASYNC", True)
    contract, hook = hook_of(service)

    def client(port: int) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            check_all_kinds(contract.stub(channel), contract.pb)

    async def main() -> None:
        server = grpc.aio.server()
        hook(server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            await asyncio.to_thread(client, port)
        finally:
            await server.stop(0)

    asyncio.run(main())


@services
def test_initkwargs_are_attributes_of_the_service(mode: Mode, service: type[Echo]) -> None:
    contract, hook = hook_of(service, ending="?")
    with serve(mode, hook) as running, running.channel() as channel:
        assert contract.stub(channel).Say(text="hello").text == "hello?"


def test_initkwargs_that_the_class_lacks() -> None:
    with pytest.raises(TypeError, match=r"SyncEcho\.as_servicer\(\) got 'colour', which is not"):
        SyncEcho.as_servicer(colour="blue")


def test_an_action_that_the_service_lacks() -> None:
    servicer = SyncEcho.as_servicer()
    with pytest.raises(Unimplemented, match="SyncEcho has no action 'Sing'"):
        _ = servicer.Sing


def test_an_action_that_the_service_lacks_is_an_error_at_startup(mode: Mode) -> None:
    class Silent(Echo):
        """No action."""

    contract = Contract(SyncEcho)

    def hook(server: Any) -> None:
        add_servicer(contract, Silent.as_servicer(), server)

    with pytest.raises(ConfigurationError) as caught, serve(mode, hook):
        raise AssertionError("it serves")
    action = str(caught.value).split("'")[1]
    assert str(caught.value) == (
        f"Silent has no action {action!r}, which its contract has. Add the method to Silent, or, "
        "if it is gone on purpose, run: python manage.py generateproto"
    )


def test_python_may_ask_for_what_no_contract_has() -> None:
    assert not hasattr(SyncEcho.as_servicer(), "__deepcopy__")
