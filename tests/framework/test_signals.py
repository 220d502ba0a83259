"""Signals of a call, to receivers of either colour, from all kinds of RPC, on both servers."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from around import call, kinds, log, services
from declared import code_of, stub_of
from django.dispatch import Signal
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.services import Service
from django_socio_grpc.signals import (
    grpc_got_request_exception,
    grpc_request_finished,
    grpc_request_started,
)
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import ByToken, as_, with_policies

SIGNALS = {
    "started": grpc_request_started,
    "failed": grpc_got_request_exception,
    "finished": grpc_request_finished,
}


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()


@contextmanager
def connected(receiver: Callable[..., Any], *signals: Signal, **options: Any) -> Iterator[None]:
    for signal in signals:
        signal.connect(receiver, **options)
    try:
        yield
    finally:
        for signal in signals:
            signal.disconnect(receiver, **options)


def name_of(signal: Signal) -> str:
    return next(name for name, each in SIGNALS.items() if each is signal)


def note(signal: Signal, sender: Any, context: Any, **more: Any) -> None:
    exception = more.get("exception")
    what = f" by {type(exception).__name__}" if exception else ""
    log(f"{name_of(signal)} {sender.__name__} {context.path}{what}")


async def anote(signal: Signal, sender: Any, context: Any, **more: Any) -> None:
    await asyncio.sleep(0)
    exception = more.get("exception")
    what = f" by {type(exception).__name__}" if exception else ""
    log(f"{name_of(signal)} {sender.__name__} {context.path}{what}")


receivers = pytest.mark.parametrize("receiver", [note, anote])


@services
@kinds
@receivers
def test_a_call_starts_and_finishes(
    mode: Mode, service: type[Service], kind: str, receiver: Any
) -> None:
    with connected(receiver, *SIGNALS.values()), stub_of(mode, service) as stub:
        assert call(stub, kind, "ab") == "ab"
        assert log.wait_for(f"finished {service.__name__} {service.__name__}/{kind}")
    of_call = f"{service.__name__} {service.__name__}/{kind}"
    assert log.events[0] == f"started {of_call}"
    assert log.events[1:-1] == ["handler ab", *(["a", "b"] if kind == "Stream" else [])]
    assert log.events[-1] == f"finished {of_call}"


@services
@kinds
@receivers
def test_a_call_that_fails(mode: Mode, service: type[Service], kind: str, receiver: Any) -> None:
    with connected(receiver, *SIGNALS.values()), stub_of(mode, service) as stub:
        assert code_of(lambda: call(stub, kind, "missing")) is StatusCode.NOT_FOUND
    of_call = f"{service.__name__} {service.__name__}/{kind}"
    assert log.events == [
        f"started {of_call}",
        f"failed {of_call} by NotFound",
        f"finished {of_call}",
    ]


@services
def test_a_call_that_is_refused_fails_too(mode: Mode, service: type[Service]) -> None:
    guarded = with_policies(service, authentication_classes=[ByToken])
    with connected(note, *SIGNALS.values()), stub_of(mode, guarded) as stub:
        assert code_of(lambda: call(as_(stub, token="bad"), "Unary", "a")) is not StatusCode.OK
    assert [event.split()[0] for event in log.events] == ["started", "failed", "finished"]


@services
def test_a_client_that_leaves_finishes_the_call(mode: Mode, service: type[Service]) -> None:
    with connected(note, *SIGNALS.values()), stub_of(mode, service) as stub:
        replies = stub.Stream(text="endless")
        next(replies)
        replies.cancel()
        assert log.wait_for(f"finished {service.__name__} {service.__name__}/Stream")


@services
@kinds
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_receiver_that_fails_does_not_break_the_call(
    mode: Mode,
    service: type[Service],
    kind: str,
    colour: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def failing(**call: Any) -> None:
        raise NotFound

    async def afailing(**call: Any) -> None:
        raise NotFound

    receiver = failing if colour == "sync" else afailing
    with connected(receiver, *SIGNALS.values()), stub_of(mode, service) as stub:
        assert call(stub, kind, "ab") == "ab"
        assert code_of(lambda: call(stub, kind, "missing")) is StatusCode.NOT_FOUND
    assert "Error calling" in caplog.text


@services
def test_receivers_of_one_service(mode: Mode, service: type[Service]) -> None:
    with (
        connected(note, grpc_request_started, sender=service),
        stub_of(mode, service) as stub,
    ):
        call(stub, "Unary", "a")
    with (
        connected(note, grpc_request_started, sender=Service),
        stub_of(mode, service) as stub,
    ):
        call(stub, "Unary", "a")
    assert [event.split()[0] for event in log.events] == ["started", "handler", "handler"]


@services
def test_receivers_may_come_and_go(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        call(stub, "Unary", "a")
        with connected(note, grpc_request_finished):
            call(stub, "Unary", "b")
        call(stub, "Unary", "c")
    finished = [event for event in log.events if event.startswith("finished")]
    assert len(finished) == 1


@services
def test_a_call_knows_who_made_it_when_it_is_over(mode: Mode, service: type[Service]) -> None:
    known = with_policies(service, authentication_classes=[ByToken])

    def who(context: Any, **call: Any) -> None:
        log(context.user.name)

    with connected(who, grpc_request_finished), stub_of(mode, known) as stub:
        call(as_(stub, token="bob"), "Unary", "a")
    assert log.events[-1] == "bob"


def count(signal: Signal, **call: Any) -> None:
    Tag.objects.create(label=name_of(signal))


async def acount(signal: Signal, **call: Any) -> None:
    await Tag.objects.acreate(label=name_of(signal))


@services
@pytest.mark.parametrize("receiver", [count, acount])
@pytest.mark.django_db(transaction=True)
def test_receivers_may_use_the_database(mode: Mode, service: type[Service], receiver: Any) -> None:
    with connected(receiver, *SIGNALS.values()), stub_of(mode, service) as stub:
        assert code_of(lambda: call(stub, "Unary", "missing")) is StatusCode.NOT_FOUND
        assert {tag.label for tag in Tag.objects.all()} == set(SIGNALS)
