"""Where a client's contract comes from, and what it offers by name."""

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
from declared import Contract
from django_socio_grpc import client
from django_socio_grpc.client import ContractError, SyncClient, reflection
from django_socio_grpc.testing import Mode, serve
from google.protobuf import struct_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection as server_reflection
from talks import SyncTalk

SHELF = """
syntax = "proto3";
package shop.shelf;
import "shop/goods/thing.proto"; // import "not/there.proto";
/* import "nor/there.proto"; */
import "google/protobuf/empty.proto";
import "google/type/date.proto";

enum Size { SIZE_UNSPECIFIED = 0; SMALL = 1; LARGE = 2; }
message Shelf { repeated shop.goods.Thing things = 1; Size size = 2; google.type.Date since = 3; }
service ShelfController {
    rpc Show(Shelf) returns (Shelf) {}
    rpc Clear(google.protobuf.Empty) returns (Shelf) {}
}
service StoreController { rpc Clear(Shelf) returns (Shelf) {} }
"""
THING = """
syntax = "proto3";
package shop.goods;
message Thing { string name = 1; Inner inner = 2; map<string, Inner> by_name = 3;
                message Inner { int32 size = 1; } }
message Shelf { string other = 1; }
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A contract that imports another by its path from a folder above."""
    for name, text in {"shop/shelf/shelf.proto": SHELF, "shop/goods/thing.proto": THING}.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "shop/shelf/shelf.proto"


def test_a_file_and_its_imports(shelf: Path) -> None:
    protos = client.protos(str(shelf))
    message = protos.Shelf(things=[{"name": "a", "inner": {"size": 2}}], size=protos.Size.LARGE)
    assert message.things[0].inner.size == 2
    assert message.size == 2 == protos.Size.LARGE
    assert protos.Thing.Inner(size=1).size == 1
    assert protos["shop.goods.Shelf"](other="x").other == "x"
    assert protos["google.protobuf.Empty"]() == protos.Empty()
    assert {"Shelf", "Size", "ShelfController", "StoreController", "Show"} <= set(dir(protos))


def test_a_file_whose_imports_start_elsewhere(tmp_path: Path, shelf: Path) -> None:
    alone = tmp_path / "alone" / "shelf.proto"
    alone.parent.mkdir()
    shelf.rename(alone)
    (tmp_path / "shop").rename(tmp_path / "alone" / "shop")
    (tmp_path / "alone" / "shop").rename(tmp_path / "shop")
    assert client.protos(alone).Thing(name="a").name == "a"
    (tmp_path / "roots").mkdir()
    (tmp_path / "shop").rename(tmp_path / "roots" / "shop")
    with pytest.raises(ContractError, match=r"thing\.proto.*\n(.*\n)*.*include="):
        client.protos(alone)
    assert client.protos(alone, include=[tmp_path / "roots"]).Thing(name="a").name == "a"


def test_several_files_are_one_contract(tmp_path: Path) -> None:
    for name in ("one", "two"):
        text = f'syntax = "proto3"; package {name}; message {name.title()} {{ int32 n = 1; }}'
        (tmp_path / f"{name}.proto").write_text(text)
    protos = client.protos(tmp_path / "one.proto", tmp_path / "two.proto")
    assert protos.One(n=1).n + protos.Two(n=2).n == 3


def test_a_file_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"absent\.proto"):
        client.protos(tmp_path / "absent.proto")
    (tmp_path / "wrong.proto").write_text('syntax = "proto3"; message {')
    with pytest.raises(ContractError, match=r"protoc refuses .*wrong\.proto(.*\n)+.*1:28"):
        client.protos(tmp_path / "wrong.proto")


def test_a_file_without_the_compiler(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "grpc_tools" else find(name)
    )
    with pytest.raises(ContractError, match="Install grpcio-tools"):
        client.protos(shelf)


def test_a_generated_module() -> None:
    protos = client.protos(health_pb2)
    assert protos.HealthCheckRequest is health_pb2.HealthCheckRequest
    assert protos.Health.Check
    with pytest.raises(TypeError, match="_pb2"):
        client.protos(health_pb2_grpc)
    for wrong in (ModuleType("wrong"), 5):
        with pytest.raises(TypeError, match=r"wrong|5"):
            client.protos(wrong)  # type: ignore[arg-type]


def test_a_method_of_one_service_needs_not_name_it(shelf: Path) -> None:
    protos = client.protos(shelf)
    assert protos.Show is protos.ShelfController.Show
    with pytest.raises(AttributeError, match="Clear"):
        _ = protos.Clear


def test_names_that_are_not_there(shelf: Path) -> None:
    protos = client.protos(shelf)
    with pytest.raises(AttributeError, match=r"no 'ShelfControler'.* mean 'ShelfControll"):
        _ = protos.ShelfControler
    with pytest.raises(AttributeError, match=r"shop.shelf.ShelfController has no .*'Show'\?"):
        _ = protos.ShelfController.Shwo
    with pytest.raises(AttributeError, match=r"There are: Clear, Show\."):
        _ = protos.ShelfController.Retrieve
    with pytest.raises(AttributeError, match="Retrieve"):
        _ = protos.ShelfController.at("localhost:1").Retrieve
    with pytest.raises(KeyError, match=r"shop.shelf.Shelf'"):
        protos["shop.shelf.Shelv"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"thing": []}, r"shop.shelf.Shelf has no field 'thing'. Did you mean 'things'\?"),
        ({"things": [{"nam": ""}]}, r"shop.goods.Thing has no field 'nam'. Did you mean 'name' "),
        ({"things": [{"inner": {"zzz": 1}}]}, r"Inner has no field 'zzz'. There are: size\."),
        ({"things": "a"}, "shop.shelf.Shelf: "),
        ({"size": "HUGE"}, "shop.shelf.Shelf: .*HUGE"),
        ({"size": 1 << 40}, "shop.shelf.Shelf: "),
    ],
)
def test_fields_that_are_not_right(shelf: Path, fields: dict[str, Any], message: str) -> None:
    show = client.sync.protos(shelf).ShelfController.Show
    with pytest.raises((ValueError, TypeError), match=message):
        show("localhost:1", **fields)


def test_requests_that_are_not_right(shelf: Path) -> None:
    protos = client.sync.protos(shelf)
    show = protos.ShelfController.Show
    with pytest.raises(TypeError, match=r"is a google\.protobuf\.Struct.*shop\.shelf\.Shelf"):
        show("localhost:1", struct_pb2.Struct())
    with pytest.raises(TypeError, match=r"Give a Shelf or its fields \['size'\], not both"):
        show("localhost:1", protos.Shelf(), size=1)
    with pytest.raises(TypeError, match=r"The request is 'text'. Give a shop\.shelf\.Shelf"):
        show("localhost:1", "text")


def test_a_message_of_another_copy_of_the_contract(shelf: Path, mode: Mode) -> None:
    contract = Contract(SyncTalk)
    other = Contract(SyncTalk)
    with serve(mode, contract.hook) as server, SyncClient() as sync:
        say = sync.protos(contract.file).TalkController.Say
        assert say(server.target, other.pb.TalkSayRequest(text="hi")).text == "hi"


# Reflection


def reflecting(contract: Contract) -> Any:
    """A hook that serves the contract, and tells it."""

    def hook(server: Any) -> None:
        contract.hook(server)
        names = [contract.file.services_by_name["TalkController"].full_name]
        server_reflection.enable_server_reflection(names, server, contract.file.pool)

    return hook


def test_a_server_that_tells_its_contract(mode: Mode) -> None:
    contract = Contract(SyncTalk)
    with serve(mode, reflecting(contract)) as server:

        async def main() -> str:
            protos = await client.reflect(server.target, timeout=20)
            reply = await protos.TalkController.Say(server.target, text="hi")
            await client.close()
            text: str = reply.text
            return text

        assert asyncio.run(main()) == "hi"
        with SyncClient() as sync:
            protos = sync.reflect(server.target)
            assert protos.Say(server.target, text="hi").text == "hi"


def test_a_server_that_only_knows_the_stable_protocol(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two have the same messages; this server is asked for another one first."""
    contract = Contract(SyncTalk)
    monkeypatch.setattr(reflection, "VERSIONS", ("other.Reflection", reflection.VERSIONS[0]))
    with serve(mode, reflecting(contract)) as server, SyncClient() as sync:
        assert sync.reflect(server.target).Say(server.target, text="hi").text == "hi"

        async def main() -> Any:
            return await (await client.reflect(server.target)).Say(server.target, text="hi")

        assert asyncio.run(main()).text == "hi"


def test_a_server_that_tells_nothing(mode: Mode) -> None:
    with serve(mode, Contract(SyncTalk).hook) as server, SyncClient() as sync:
        with pytest.raises(ContractError, match=f"{server.target} does not tell"):
            sync.reflect(server.target)
        with pytest.raises(ContractError, match=f"{server.target} does not tell"):
            asyncio.run(client.reflect(server.target))
        with pytest.raises(grpc.RpcError):
            sync.reflect("127.0.0.1:1")
        with pytest.raises(grpc.RpcError):
            asyncio.run(client.reflect("127.0.0.1:1"))


def test_a_server_whose_contract_has_a_hole(mode: Mode) -> None:
    contract = Contract(SyncTalk)

    def hook(server: Any) -> None:
        contract.hook(server)
        server_reflection.enable_server_reflection(["not.There"], server, contract.file.pool)

    with serve(mode, hook) as server, SyncClient() as sync:
        with pytest.raises(ContractError, match=r"not\.There"):
            sync.reflect(server.target)
        with pytest.raises(ContractError, match=r"not\.There"):
            asyncio.run(client.reflect(server.target))


def test_files_that_import_others(mode: Mode) -> None:
    def hook(server: Any) -> None:
        servicer = health.HealthServicer() if mode == "sync" else health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        Contract(SyncTalk).hook(server)
        server_reflection.enable_server_reflection(["grpc.health.v1.Health"], server)

    with serve(mode, hook) as server, SyncClient() as sync:
        protos = sync.reflect(server.target)
        status = protos.HealthCheckResponse.ServingStatus
        assert protos.Health.Check(server.target).status == status.Value("SERVING")


def test_reflection_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflection, "reflection_pb2", None)
    with pytest.raises(ContractError, match="install grpcio-reflection"):
        client.sync.reflect("127.0.0.1:1")


def test_no_settings_are_needed() -> None:
    code = """
import django_socio_grpc.client as client
from grpc_health.v1 import health_pb2
from django.conf import settings
client.sync.protos(health_pb2).Health.at("127.0.0.1:1", timeout=1)
assert not settings.configured
"""
    subprocess.run([sys.executable, "-c", code], check=True, env=without_settings())


def without_settings() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(client.__file__).parents[2])}
