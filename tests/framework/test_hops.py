"""How often a call crosses from one thread to another: once on aio, never on sync."""

import asyncio
import threading
from typing import Any

import pytest
from around import AsyncEcho
from asgiref.sync import async_to_sync
from declared import Contract, stub_of
from django_socio_grpc.concurrency import LoopThread
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from failures import TEXT
from library.models import Tag
from tag_actions import AsyncTags, SyncTags

pytestmark = pytest.mark.django_db(transaction=True)


def crud(stub: Any) -> list[str]:
    """Make one call of each action and return their names."""
    tag = stub.Create(label="one")
    stub.Retrieve(id=tag.id)
    stub.List()
    stub.Update(id=tag.id, label="two")
    stub.PartialUpdate(id=tag.id, label="three", _partial_update_fields=["label"])
    stub.Destroy(id=tag.id)
    return ["Create", "Retrieve", "List", "Update", "PartialUpdate", "Destroy"]


@pytest.mark.parametrize("service", [SyncTags, AsyncTags])
def test_crud_on_aio_takes_one_hop_a_call(service: type[Any]) -> None:
    contract = Contract(service)
    with serve("aio", contract.hook) as running, running.channel() as channel:
        calls = crud(contract.stub(channel))
        assert running.server.workers.hops == len(calls)  # type: ignore[union-attr]
        assert running.server.slots.count == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("service", [SyncTags, AsyncTags])
def test_crud_on_sync_takes_none(service: type[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the loop nor a slot is used: the handler runs in the thread that grpc calls."""
    submitted: list[Any] = []
    contract = Contract(service)
    with serve("sync", contract.hook) as running, running.channel() as channel:
        with monkeypatch.context() as patch:
            patch.setattr(LoopThread, "submit", lambda _, coroutine: submitted.append(coroutine))
            crud(contract.stub(channel))
        assert submitted == []
        assert running.server.runtime.slots.count == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("service", [SyncTags, AsyncTags])
def test_crud_works(mode: Mode, service: type[Any]) -> None:
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        stub = contract.stub(channel)
        tag = stub.Create(label="one")
        assert stub.Retrieve(id=tag.id).label == "one"
        assert [found.label for found in stub.List().results] == ["one"]
        assert stub.Update(id=tag.id, label="two").label == "two"
        partial = stub.PartialUpdate(id=tag.id, label="three", _partial_update_fields=["label"])
        assert partial.label == "three"
        stub.Destroy(id=tag.id)
        assert not Tag.objects.exists()


def test_an_async_call_that_queries_nothing_takes_no_thread() -> None:
    """On aio: no worker, and of its slot, which every async handler has, no thread is started."""
    contract = Contract(AsyncEcho)
    with serve("aio", contract.hook) as running, running.channel() as channel:
        stub = contract.stub(channel)
        assert [stub.Unary(text="ab").text for _ in range(3)] == ["ab"] * 3
        assert running.server.workers.hops == 0  # type: ignore[union-attr]
        assert running.server.slots.count == 0  # type: ignore[union-attr]


class Waiting(Service):
    """A sync handler that waits for async code, which has a function run in a thread."""

    service_name = "Waiting"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Where(self, request: Any, context: Any) -> Any:
        async def names() -> str:
            loop = threading.current_thread().name
            thread = await asyncio.to_thread(threading.current_thread)
            return f"{loop} {thread.name}"

        return self.pb.WaitingWhereResponse(text=async_to_sync(names)())


def test_what_a_sync_handler_waits_for_runs_on_the_one_loop(mode: Mode) -> None:
    """A loop for each call costs more than the call, and nobody tends the connections that its
    threads leave behind.
    """
    with stub_of(mode, Waiting) as stub:
        loops, threads = zip(*[stub.Where().text.split() for _ in range(5)], strict=True)
    assert set(loops) == {"grpc-loop"}
    assert all(thread.startswith("grpc-loop-thread") for thread in threads)
