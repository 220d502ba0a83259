"""Calls that have slots."""

import asyncio
import threading
from typing import Any

from asgiref.sync import sync_to_async
from django_socio_grpc.concurrency import Slots
from django_socio_grpc.concurrency.slots import CallSlot


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
