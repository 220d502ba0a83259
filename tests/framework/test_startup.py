"""What a server does not do twice, or at all, before it answers its first call."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from declared import Contract
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.contract import descriptors
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.server.garbage import collect_rarely
from django_socio_grpc.services import Service
from policies import TEXT


def saying(name: str) -> type[Service]:
    class Saying(Service):
        service_name = name

        @grpc_action(request=TEXT, response=TEXT)
        def Say(self, request: Any, context: Any) -> Any: ...

    return Saying


def test_a_contract_is_read_once_for_the_services_of_its_app(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, files = descriptors.read, []

    def note(file: Any) -> Any:
        files.append(file.name)
        return read(file)

    monkeypatch.setattr(descriptors, "read", note)
    contracts = [Contract(*map(saying, ("One", "Two", "Three"))), Contract(saying("Four"))]
    for contract in contracts:
        for service in contract.services:
            bind_service(service, contract.file)
    assert len(files) == len(contracts)


@pytest.fixture
def garbage() -> Iterator[None]:
    """The process looks for garbage after the test as it did before."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_nothing_is_searched_for_garbage(garbage: None) -> None:
    searches: list[str] = []

    def note(phase: str, info: Any) -> None:
        searches.append(phase)

    gc.set_threshold(0)
    gc.callbacks.append(note)
    try:
        collect_rarely()
    finally:
        gc.callbacks.remove(note)
    assert gc.get_freeze_count()
    assert not searches
