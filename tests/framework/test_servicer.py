"""``as_servicer()``: what ``add_<X>Servicer_to_server`` of a generated module takes."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from declared import Contract, Stub
from django_socio_grpc.exceptions import ConfigurationError, Unimplemented
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from servicers import AsyncEcho, Echo, SyncEcho, add_servicer, hook_of

services = pytest.mark.parametrize("service", [SyncEcho, AsyncEcho])


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
