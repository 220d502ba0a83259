"""A stream goes on for as long as the key that has opened it opens anything."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.test import override_settings
from django.utils import timezone
from django_socio_grpc.apikeys import streams
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.concurrency.rounds import Rounds
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from keyed import database_down, forget_all, holding, id_of, issue, keyed
from lasting import AsyncLasting, SyncLasting
from whoami import database

pytestmark = database
lasting = pytest.mark.parametrize("service", [SyncLasting, AsyncLasting])


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_all()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Streams of a test before may be in a round of 30 seconds still: these have a thread anew.
    rounds = Rounds("grpc-apikey-streams", streams._look, streams._seconds)
    monkeypatch.setattr(streams, "_rounds", rounds)
    with override_settings(GRPC_FRAMEWORK={"API_KEY_STREAM_CHECK_SECONDS": 0.1}):
        yield


def elsewhere(key: str, **fields: Any) -> None:
    """Change a key as another process does, of which this one is not told."""
    APIKey.objects.filter(pk=id_of(key)).update(**fields)


@contextmanager
def saying_nothing() -> Iterator[Iterator[Any]]:
    """Requests that never come, until the block ends."""
    over = threading.Event()

    def requests() -> Iterator[Any]:
        over.wait()
        yield from ()

    try:
        yield requests()
    finally:
        over.set()


def end_of(replies: Any) -> StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        for _ in replies:
            pass
    code: StatusCode = caught.value.code()
    return code


@lasting
@pytest.mark.parametrize("method", ["Tick", "Wait"])
@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now()},
        {"scopes": ["other.*"]},
    ],
    ids=["revoked", "expired", "narrowed"],
)
def test_it_ends_with_its_key(
    mode: Mode, service: type[Service], method: str, change: dict[str, Any]
) -> None:
    key = issue()
    with stub_of(mode, keyed(service)) as stub:
        replies = getattr(holding(stub, key), method)()
        next(replies)
        elsewhere(key, **change)
        assert end_of(replies) is StatusCode.UNAUTHENTICATED


@lasting
def test_a_key_that_is_deleted(mode: Mode, service: type[Service]) -> None:
    key = issue()
    with stub_of(mode, keyed(service)) as stub:
        replies = holding(stub, key).Wait()
        next(replies)
        APIKey.objects.all().delete()
        assert end_of(replies) is StatusCode.UNAUTHENTICATED


@lasting
def test_streams_of_the_client(mode: Mode, service: type[Service]) -> None:
    key = issue()
    # A thread that waits for the client on grpc's own server is freed by a cancellation alone.
    cut = mode == "sync"
    expected = {StatusCode.UNAUTHENTICATED, *[StatusCode.CANCELLED] * cut}
    with stub_of(mode, keyed(service)) as stub, saying_nothing() as requests:
        replies = holding(stub, key).Chat(requests)
        next(replies)
        with saying_nothing() as more:
            upload = _upload(stub, more, metadata=[("x-api-key", key)], timeout=20)
            assert ("begun", "yes") in [
                (item.key, item.value) for item in upload.initial_metadata()
            ]
            elsewhere(key, revoked_at=timezone.now())
            assert end_of(replies) in expected
            assert upload.code() in expected


def _upload(stub: Stub, requests: Iterator[Any], **options: Any) -> Any:
    return stub.method("Upload").future(requests, **options)


@lasting
def test_a_good_key_goes_on_and_so_does_one_that_nobody_can_ask_for(
    mode: Mode, service: type[Service]
) -> None:
    key = issue()
    with stub_of(mode, keyed(service)) as stub:
        replies = holding(stub, key).Tick()
        for _ in range(8):
            next(replies)
        with database_down():
            for _ in range(8):
                assert next(replies).text == "tick"
        elsewhere(key, revoked_at=timezone.now())
        assert end_of(replies) is StatusCode.UNAUTHENTICATED


@lasting
def test_it_may_be_switched_off(mode: Mode, service: type[Service]) -> None:
    key = issue()
    with (
        override_settings(GRPC_FRAMEWORK={"API_KEY_STREAM_CHECK_SECONDS": 0}),
        stub_of(mode, keyed(service)) as stub,
    ):
        replies = holding(stub, key).Tick()
        next(replies)
        elsewhere(key, revoked_at=timezone.now())
        for _ in range(20):
            next(replies)


def test_rounds_have_a_thread_as_long_as_there_is_something_to_look_at() -> None:
    looked: list[tuple[str, ...]] = []
    twice = threading.Event()

    def look(members: Any) -> None:
        looked.append(tuple(members))
        if len(looked) == 1:
            raise ValueError("a bug")
        twice.set()

    rounds: Rounds[str] = Rounds("test-rounds", look, lambda: 0.01)
    remove = rounds.add("a")
    remove_other = rounds.add("b")
    assert twice.wait(30)
    assert looked[0] == ("a", "b")
    (thread,) = [each for each in threading.enumerate() if each.name == "test-rounds"]
    remove()
    remove_other()
    thread.join(30)
    assert not thread.is_alive()
    twice.clear()
    rounds.add("c")()
    for each in threading.enumerate():
        if each.name == "test-rounds":
            each.join(30)
            assert not each.is_alive()
