"""The connections of slots: how long they stay, and who looks after them."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django_socio_grpc.concurrency import Slots, pool, rest
from library.models import Tag
from slotted import enter, in_slot, with_slots

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_shared_slot_gives_a_connection_that_is_not_to_last_back_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    seen: list[Any] = []

    def query() -> None:
        Tag.objects.count()
        seen.append(connections["default"])

    async def main(slots: Slots) -> None:
        asking = await enter(slots)
        idle = await enter(slots)
        assert asking.slot is idle.slot
        await sync_to_async(query)()
        idle.leave()
        await sync_to_async(query)()
        assert seen[0].connection is not None
        asking.leave()
        assert seen[0] is seen[1]
        await asyncio.sleep(0.2)
        assert seen[0].connection is None, "it does not wait for the slot's end"

    with_slots(main, size=1)


def test_a_slot_keeps_its_connection_until_it_stops() -> None:
    seen: list[Any] = []

    def query() -> None:
        Tag.objects.count()
        seen.append(connections["default"])

    async def main(slots: Slots) -> None:
        for _ in range(2):
            await asyncio.create_task(in_slot(slots, query))
        assert seen[0] is seen[1]
        assert seen[0].connection is not None

    with_slots(main)
    assert seen[0].connection is None


def test_a_slot_that_nobody_has_gives_its_connection_back_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "IDLE", 0.1)
    seen: list[Any] = []

    def query() -> None:
        Tag.objects.count()
        seen.append(connections["default"].connection)

    async def main(slots: Slots) -> None:
        call = await slots.enter()
        await sync_to_async(query)()
        await asyncio.sleep(0.3)
        await sync_to_async(query)()
        assert seen[0] is seen[1], "not as long as a call has it"
        call.leave()
        await asyncio.sleep(0.3)
        await asyncio.create_task(in_slot(slots, query))
        assert seen[2] is not seen[0]
        assert slots.count == 1

    with_slots(main)


@pytest.mark.parametrize(("age", "jobs"), [(None, 1), (0, 2)])
def test_a_query_takes_one_hop_if_its_connection_stays(
    age: int | None, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", age)
    hops: list[Any] = []
    put = pool.Pool.put

    def count(self: Any, *job: Any) -> None:
        hops.append(job)
        put(self, *job)

    monkeypatch.setattr(pool.Pool, "put", count)

    async def main(slots: Slots) -> None:
        for _ in range(3):
            hops.clear()
            await asyncio.create_task(in_slot(slots, Tag.objects.count))
            assert len(hops) == jobs

    with_slots(main)


def test_a_transaction_that_a_call_left_open_is_rolled_back() -> None:
    """Whoever has the slot next is not inside of it."""

    async def main(slots: Slots) -> None:
        def leave_open() -> None:
            transaction.atomic().__enter__()
            Tag.objects.create(label="half")

        await asyncio.create_task(in_slot(slots, leave_open))
        (found,) = await asyncio.create_task(in_slot(slots, Tag.objects.count))
        (inside,) = await asyncio.create_task(
            in_slot(slots, lambda: connections["default"].in_atomic_block)
        )
        assert (found, inside) == (0, False)
        assert slots.count == 1

    with_slots(main)


def test_a_call_that_rests_leaves_its_slot_and_connection_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stream that is idle for hours would else hold them for as long."""
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    seen: list[Any] = []

    def query() -> int:
        seen.append(connections["default"])
        return Tag.objects.count()

    async def main(slots: Slots) -> None:
        call = await slots.enter()
        await sync_to_async(query)()
        assert call.slot is not None
        assert call.slot.users == 1
        rest()
        assert call.slot.users == 0
        await sync_to_async(threading.get_ident)()  # after what tends the connection
        assert seen[0].connection is None
        assert await sync_to_async(query)() == 0
        assert call.slot.users == 1
        rest()
        call.leave()
        assert call.slot.users == 0

    with_slots(main)
