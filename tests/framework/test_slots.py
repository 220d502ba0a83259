"""The threads of async code's ORM: one for a call, few for all of them."""

import asyncio
import threading
import time

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django_socio_grpc.concurrency import Slots
from slotted import enter, in_slot, with_slots

PATIENCE = 10.0


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


def test_a_call_that_runs_nothing_takes_no_slot() -> None:
    async def main(slots: Slots) -> None:
        slot = await slots.enter()
        slot.leave()
        assert slot.slot is None

    assert with_slots(main).count == 0
