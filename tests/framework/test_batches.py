"""Work that one thread of its own takes many pieces at a time."""

import logging
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django_socio_grpc.concurrency import Batches

PATIENCE = 20.0


class Taken:
    """What batches were taken, and a gate that holds the thread up."""

    def __init__(self) -> None:
        self.batches: list[Sequence[int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.at_gate = threading.Event()

    def __call__(self, batch: Sequence[int]) -> None:
        self.at_gate.set()
        assert self.gate.wait(PATIENCE)
        if -1 in batch:
            raise ValueError("not this one")
        self.batches.append(batch)

    @property
    def items(self) -> list[int]:
        return [item for batch in self.batches for item in batch]


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def batches(taken: Taken) -> Iterator[Batches[int]]:
    made = Batches[int]("test-batches", taken, room=1000)
    yield made
    taken.gate.set()
    made.stop(PATIENCE)


def test_all_is_taken_in_order_in_few_batches(taken: Taken, batches: Batches[int]) -> None:
    for number in range(900):
        batches.put(number)
    batches.stop(PATIENCE)
    assert taken.items == list(range(900))
    assert len(taken.batches) < 90
    assert (batches.dropped, batches.waiting) == (0, 0)


def test_many_threads_may_give(taken: Taken, batches: Batches[int]) -> None:
    def give(start: int) -> None:
        for number in range(start, start + 100):
            batches.put(number)

    threads = [threading.Thread(target=give, args=(start * 100,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    batches.stop(PATIENCE)
    assert sorted(taken.items) == list(range(800))


def test_it_wakes_again_after_a_rest(taken: Taken, batches: Batches[int]) -> None:
    for number in range(3):
        taken.at_gate.clear()
        batches.put(number)
        assert taken.at_gate.wait(PATIENCE)
    batches.stop(PATIENCE)
    assert taken.items == [0, 1, 2]


def test_what_there_is_no_room_for_is_dropped_and_counted(
    taken: Taken, batches: Batches[int]
) -> None:
    taken.gate.clear()
    batches.put(0)
    assert taken.at_gate.wait(PATIENCE)
    for number in range(1, 1011):
        batches.put(number)
    assert (batches.waiting, batches.dropped) == (1000, 10)
    taken.gate.set()
    batches.stop(PATIENCE)
    assert taken.items == list(range(1001))


def test_a_batch_that_fails_is_lost_alone(
    taken: Taken, batches: Batches[int], caplog: pytest.LogCaptureFixture
) -> None:
    taken.gate.clear()
    batches.put(-1)
    assert taken.at_gate.wait(PATIENCE)
    batches.put(2)
    taken.gate.set()
    batches.stop(PATIENCE)
    assert taken.items == [2]
    (record,) = caplog.records
    assert record.getMessage() == "test-batches: 1 records are lost."
    assert record.exc_info is not None


def test_after_the_end_there_is_no_room(taken: Taken, batches: Batches[int]) -> None:
    batches.stop(PATIENCE)
    batches.put(1)
    assert batches.dropped == 1
    assert taken.items == []


def test_the_end_is_not_waited_for_without_end(
    taken: Taken, batches: Batches[int], caplog: pytest.LogCaptureFixture
) -> None:
    taken.gate.clear()
    batches.put(0)
    assert taken.at_gate.wait(PATIENCE)
    batches.put(1)
    with caplog.at_level(logging.WARNING, "django_socio_grpc"):
        batches.stop(0.01)
    assert caplog.messages == ["test-batches: 1 records were lost at the end."]


def test_who_tries_again_learns_of_the_end() -> None:
    ends: list[Any] = []
    trying = threading.Event()

    def take(batch: Sequence[int]) -> None:
        trying.set()
        ends.append(made.ends_within(PATIENCE))

    made = Batches[int]("test-batches", take)
    made.put(1)
    assert trying.wait(PATIENCE)
    made.stop(PATIENCE)
    assert ends == [True]
