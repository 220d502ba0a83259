"""The threads of async code's ORM: one for a call, few for all of them."""

import asyncio
import threading
import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections, transaction
from django_socio_grpc.concurrency import Slots, rest
from django_socio_grpc.concurrency.slots import CallSlot
from library.models import Tag

PATIENCE = 10.0


async def in_slot(slots: Slots, *jobs: Any) -> list[Any]:
    """Run ``jobs`` one after the other as one call does."""
    slot = await slots.enter()
    try:
        return [await sync_to_async(job)() for job in jobs]
    finally:
        slot.leave()


async def enter(slots: Slots) -> CallSlot:
    """Begin a call that has had something to run."""
    slot = await slots.enter()
    await sync_to_async(threading.get_ident)()
    return slot


def with_slots(main: Any, size: int = 3) -> Slots:
    slots = Slots(size)
    try:
        asyncio.run(asyncio.wait_for(main(slots), 30))
    finally:
        slots.stop()
    return slots


def test_one_call_has_one_thread_and_calls_run_at_once() -> None:
    barrier = threading.Barrier(3)

    async def main(slots: Slots) -> None:
        def meet() -> int:
            barrier.wait(PATIENCE)
            return threading.get_ident()

        calls = (in_slot(slots, meet, threading.get_ident) for _ in range(3))
        threads = await asyncio.gather(*(asyncio.create_task(call) for call in calls))
        assert all(first == second for first, second in threads)
        assert len({first for first, _ in threads}) == 3

    assert with_slots(main).count == 3


def test_slots_are_few_and_used_again() -> None:
    async def main(slots: Slots) -> None:
        one_by_one = [
            await asyncio.create_task(in_slot(slots, threading.get_ident)) for _ in range(5)
        ]
        assert len({thread for (thread,) in one_by_one}) == slots.count == 1
        calls = (in_slot(slots, lambda: time.sleep(0.01)) for _ in range(20))
        await asyncio.gather(*(asyncio.create_task(call) for call in calls))
        assert slots.count == 3

    with_slots(main)


def test_the_least_used_slot_is_taken() -> None:
    async def main(slots: Slots) -> None:
        first, second, third, fourth, fifth = [await enter(slots) for _ in range(5)]
        assert first.slot is not second.slot
        assert {third.slot, fourth.slot} == {first.slot, second.slot}
        same = third if third.slot is first.slot else fourth
        first.leave()
        same.leave()
        fifth.leave()
        assert (await enter(slots)).slot is first.slot

    assert with_slots(main, size=2).count == 2


@pytest.mark.django_db(transaction=True)
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


@pytest.mark.django_db(transaction=True)
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


def test_a_task_that_outlives_its_call_may_use_the_slot() -> None:
    async def main(slots: Slots) -> None:
        async def later() -> int:
            await asyncio.sleep(0.05)
            return await sync_to_async(threading.get_ident)()

        async def call() -> tuple[int, asyncio.Task[int]]:
            slot = await slots.enter()
            task = asyncio.create_task(later())
            own = await sync_to_async(threading.get_ident)()
            slot.leave()
            return own, task

        own, task = await asyncio.create_task(call())
        assert await task == own

    with_slots(main)


def test_sync_code_in_a_slot_may_call_async_code_that_calls_sync_code() -> None:
    async def main(slots: Slots) -> None:
        async def inner() -> int:
            return await sync_to_async(threading.get_ident)()

        def job() -> bool:
            return async_to_sync(inner)() == threading.get_ident()

        calls = (in_slot(slots, job, job) for _ in range(6))
        assert (
            await asyncio.gather(*(asyncio.create_task(call) for call in calls))
            == [[True, True]] * 6
        )

    with_slots(main)


def test_a_cancelled_call_gives_its_slot_back() -> None:
    async def main(slots: Slots) -> None:
        for _ in range(3):
            call = asyncio.create_task(in_slot(slots, lambda: time.sleep(0.05)))
            await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        assert slots.count == 1
        slot = (await enter(slots)).slot
        assert slot is not None
        assert slot.users == 1

    with_slots(main)


@pytest.mark.django_db(transaction=True)
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


def test_a_call_that_runs_nothing_takes_no_slot() -> None:
    async def main(slots: Slots) -> None:
        slot = await slots.enter()
        slot.leave()
        assert slot.slot is None

    assert with_slots(main).count == 0


@pytest.mark.django_db(transaction=True)
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
