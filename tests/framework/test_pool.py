"""The threads of a pool: how many there are, which one works, and when they end."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeAlias

import pytest
from django.db import connections
from django_socio_grpc.concurrency import pace as paces
from django_socio_grpc.concurrency import pool as pools
from django_socio_grpc.concurrency.pace import Pace
from django_socio_grpc.concurrency.pool import Pool
from library.models import Tag

PATIENCE = 10.0
Make: TypeAlias = Callable[..., Pool[Future[Any]]]


def deliver(future: Future[Any], result: Any, error: BaseException | None) -> None:
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def put(pool: Pool[Future[Any]], function: Callable[[], Any]) -> Future[Any]:
    future: Future[Any] = Future()
    pool.put(future, function)
    return future


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return met


def spin(end: threading.Event) -> None:
    """Compute, holding the interpreter as Python code does."""
    while not end.is_set():
        sum(range(100))


@pytest.fixture
def pool() -> Iterator[Make]:
    made: list[Pool[Future[Any]]] = []

    def make(most: int, take: Any = deliver, *, least: int | None = None) -> Pool[Future[Any]]:
        pace = None if least is None else Pace(most, least)
        claim = Future.set_running_or_notify_cancel
        made.append(Pool("test-pool", most, claim, take, pace=pace))
        return made[-1]

    yield make
    for each in made:
        each.stop(PATIENCE)


@pytest.mark.parametrize("least", [None, 2])
@pytest.mark.parametrize(("pause", "times"), [(0, 2000), (0.002, 50)])
def test_who_has_a_result_finds_the_thread_free(
    pool: Make, least: int | None, pause: float, times: int
) -> None:
    """One job after the other takes one thread, and so one database connection, for all."""

    def deliver_slowly(future: Future[Any], result: Any, error: BaseException | None) -> None:
        deliver(future, result, error)
        time.sleep(pause)

    made = pool(4, deliver_slowly, least=least)
    seen = {put(made, threading.get_ident).result(PATIENCE) for _ in range(times)}
    assert (len(seen), made.threads) == (1, 1)


def test_jobs_that_come_at_once_have_a_thread_each_at_once(pool: Make) -> None:
    barrier = threading.Barrier(5, timeout=PATIENCE)
    made = pool(5)
    for future in [put(made, barrier.wait) for _ in range(5)]:
        future.result(PATIENCE)
    assert made.threads == 5


def test_the_thread_that_has_worked_last_is_woken_first(pool: Make) -> None:
    made, barrier = pool(5), threading.Barrier(5, timeout=PATIENCE)
    for future in [put(made, barrier.wait) for _ in range(5)]:
        future.result(PATIENCE)
    time.sleep(0.1)  # they come to rest
    used = set()
    for _ in range(20):
        used.add(put(made, threading.get_ident).result(PATIENCE))
        time.sleep(0.005)
    assert len(used) == 1


def test_jobs_run_in_their_order(pool: Make) -> None:
    made, order = pool(1), list[int]()
    futures = [put(made, partial(order.append, number)) for number in range(500)]
    futures[-1].result(PATIENCE)
    assert order == list(range(500))


@pytest.mark.parametrize("least", [None, 1, 2])
def test_no_job_is_lost_under_stress(pool: Make, least: int | None) -> None:
    """Putters do not lock: a wake-up that got lost would leave a job in the queue."""
    made = pool(6, least=least)

    def putter() -> None:
        for number in range(400):
            nap = partial(time.sleep, 0.001 if number % 50 == 0 else 0)
            assert put(made, nap).result(PATIENCE) is None

    threads = [threading.Thread(target=putter) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 3)
        assert not thread.is_alive()
    assert made.threads <= 6


def test_it_grows_while_jobs_wait_and_never_beyond_its_size(pool: Make) -> None:
    made, release = pool(5, least=2), threading.Event()
    futures = [put(made, release.wait) for _ in range(20)]
    assert until(lambda: made.threads == 5)
    time.sleep(0.1)
    assert made.threads == 5
    release.set()
    assert all(future.result(PATIENCE) for future in futures)


def test_it_stays_small_while_jobs_compute(pool: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paces, "process_time", time.monotonic)  # of a core that is all ours
    made = pool(20, least=2)

    def compute() -> None:
        sum(range(3000))

    futures = [put(made, compute) for _ in range(10_000)]
    for future in futures:
        future.result(PATIENCE * 3)
    assert made.threads <= 4


def test_it_works_with_few_threads_again_when_jobs_compute(
    pool: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, release = pool(20, least=2), threading.Event()
    waiting = [put(made, release.wait) for _ in range(30)]
    assert until(lambda: made.limit == 20)
    release.set()
    for future in waiting:
        future.result(PATIENCE)
    monkeypatch.setattr(paces, "process_time", time.monotonic)
    deadline = time.monotonic() + PATIENCE
    while made.limit > 4 and time.monotonic() < deadline:
        for future in [put(made, lambda: sum(range(3000))) for _ in range(500)]:
            future.result(PATIENCE)
    assert made.limit <= 4


def test_jobs_that_compute_for_long_do_not_hold_up_the_others(
    pool: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paces, "process_time", time.monotonic)
    made, end = pool(8, least=2), threading.Event()
    try:
        long = [put(made, lambda: spin(end)) for _ in range(3)]
        start = time.monotonic()
        for _ in range(5):
            assert put(made, lambda: "short").result(PATIENCE) == "short"
        assert time.monotonic() - start < 5
    finally:
        end.set()
    for future in long:
        future.result(PATIENCE)


def test_jobs_that_take_long_leave_the_others_their_threads(
    pool: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As open streams do: who comes next is not to wait until somebody looks."""
    monkeypatch.setattr(paces, "process_time", time.monotonic)
    made, release = pool(8, least=2), threading.Event()
    long = [put(made, release.wait) for _ in range(3)]
    assert until(lambda: made.limit == 3 + 2)
    release.set()
    for future in long:
        future.result(PATIENCE)
    assert until(lambda: made.limit == 2)


def test_jobs_that_nobody_wants_any_more_start_no_thread(pool: Make) -> None:
    made, release, ran = pool(8, least=2), threading.Event(), list[int]()
    busy = [put(made, release.wait) for _ in range(2)]
    for _ in range(50):
        put(made, lambda: ran.append(1)).cancel()
    time.sleep(0.1)
    assert made.threads == 2
    release.set()
    for future in busy:
        future.result(PATIENCE)
    put(made, int).result(PATIENCE)
    assert ran == []


@pytest.mark.parametrize(("least", "left"), [(None, 0), (2, 2)])
def test_a_thread_that_has_rested_for_long_ends(
    pool: Make, least: int | None, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "IDLE", 0.1)
    made, release = pool(6, least=least), threading.Event()
    futures = [put(made, release.wait) for _ in range(6)]
    assert until(lambda: made.threads == 6)
    release.set()
    assert all(future.result(PATIENCE) for future in futures)
    assert until(lambda: made.threads == left)
    time.sleep(0.25)
    assert made.threads == left
    assert put(made, lambda: "again").result(PATIENCE) == "again"


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_ends_gives_its_connection_back(
    pool: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "IDLE", 0.1)
    seen: list[Any] = []

    def query() -> None:
        Tag.objects.count()
        seen.append(connections["default"])

    put(pool(2), query).result(PATIENCE)
    assert seen[0].connection is not None
    assert until(lambda: seen[0].connection is None)


def test_stopping_ends_the_threads_after_the_jobs_that_are_queued(pool: Make) -> None:
    made, ran = pool(3, least=1), list[int]()

    def job() -> None:
        time.sleep(0.001)
        ran.append(1)

    futures = [put(made, job) for _ in range(50)]
    made.stop(PATIENCE)
    assert len(ran) == len(futures) == 50
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-pool")]
    with pytest.raises(RuntimeError, match="'test-pool' have been stopped"):
        put(made, int)


def test_jobs_that_are_left_at_the_end_cost_nothing(pool: Make) -> None:
    made, release = pool(3, least=1), threading.Event()
    for job in (release.wait, int):
        put(made, job)
    made.stop(0.2)
    used = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - used < 0.15
    release.set()
