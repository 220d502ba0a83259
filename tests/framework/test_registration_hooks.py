"""What ``AppHandlerRegistry`` calls when it registers a service: for a contract, and to serve."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from django_socio_grpc import generics
from django_socio_grpc.registry import RegistrySingleton
from django_socio_grpc.services import AppHandlerRegistry
from django_socio_grpc.signals import grpc_action_register
from django_socio_grpc.testing import Mode, serve
from google.protobuf.empty_pb2 import Empty
from shops import Shop, TagProtoSerializer

said: list[str] = []


class Exports:
    """Actions by code, of services that say which."""

    def CSV(self, request: Any, context: Any) -> Empty:
        return Empty()

    async def JSON(self, request: Any, context: Any) -> Empty:
        return Empty()

    def _before_registration(service_class: Any) -> None:
        said.append(f"before {service_class.__name__}")
        service_class.formats = ["CSV", "JSON"]

    def _dynamic_grpc_action_registry(service: Any) -> dict[str, dict[str, Any]]:
        tags = {"request": TagProtoSerializer, "request_name": "ExportedTag"}
        return dict.fromkeys(service.formats, tags)


class ExportService(Exports, generics.GenericService):
    formats: Any = ()


def note(sender: Any, owner: type, name: str, **kwargs: Any) -> None:
    said.append(f"{owner.__name__}.{name} {sender.request_name}")


ALL = ["before ExportService", "ExportService.CSV ExportedTag", "ExportService.JSON ExportedTag"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(ExportService, "formats", ())
    shop = Shop(tmp_path)
    shop.sync = shop.aio = [ExportService]
    grpc_action_register.connect(note)
    said.clear()
    yield shop
    grpc_action_register.disconnect(note)
    RegistrySingleton.clean_all()


def test_a_service_is_prepared_before_its_actions_are_known(shop: Shop) -> None:
    AppHandlerRegistry(shop.label, None).register(ExportService)
    assert said == ALL


def test_what_it_prepares_is_in_the_contract_and_is_served(shop: Shop, mode: Mode) -> None:
    shop.run()
    assert "rpc CSV(ExportedTag) returns (google.protobuf.Empty) {}" in shop.proto.read_text()
    assert "rpc JSON(ExportedTag) returns (google.protobuf.Empty) {}" in shop.proto.read_text()
    ExportService.formats = ()
    said.clear()
    with serve(mode, shop.hook) as running, grpc.insecure_channel(running.target) as channel:
        assert said == ALL
        for name in ("CSV", "JSON"):
            call: Any = channel.unary_unary(f"/{shop.label}.ExportController/{name}")
            assert call(b"", timeout=10) == b""
