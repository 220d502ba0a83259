"""What a handler can do wrong, by name."""

import asyncio
import time
from typing import Any

from django.db import connection, transaction
from google.protobuf.struct_pb2 import Struct

from faulty.models import Sample

SECRET = "password=hunter2"
LOCK_WAIT = 0.5
"""Seconds between two locks, in which another call takes them the other way round."""


class Unprintable(Exception):
    """One whose text is not to be had."""

    def __str__(self) -> str:
        raise RuntimeError(SECRET)

    __repr__ = __str__


RAISED: dict[str, type[BaseException]] = {
    "ValueError": ValueError,
    "BaseException": BaseException,
    "SystemExit": SystemExit,
    "KeyboardInterrupt": KeyboardInterrupt,
    "CancelledError": asyncio.CancelledError,
    "StopIteration": StopIteration,
    "GeneratorExit": GeneratorExit,
    "unprintable": Unprintable,
}
RETURNED: dict[str, Any] = {"None": None, "a text": SECRET, "another message": Struct()}


def wrong(kind: str) -> Any:
    """Raise what ``kind`` names, or return what no handler may return."""
    if kind in RAISED:
        raise RAISED[kind](SECRET)
    return RETURNED[kind]


def sleep_in_database(seconds: float) -> None:
    """A query of ``seconds``, on PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@transaction.atomic
def lock_both(first: int, second: int) -> None:
    """Lock two samples one after the other: who does it the other way round makes a deadlock."""
    Sample.objects.select_for_update().get(pk=first)
    time.sleep(LOCK_WAIT)
    Sample.objects.select_for_update().get(pk=second)
