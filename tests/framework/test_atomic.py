"""A call as one transaction: service attribute, action argument, ATOMIC_REQUESTS; both servers."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from declared import code_of, stub_of
from django.db import connection, transaction
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import TEXT
from writers import Atomic, Steps, atomic_requests, call, kinds, labels, seen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


@kinds
def test_a_call_that_ends_well_is_committed(mode: Mode, kind: str) -> None:
    with stub_of(mode, Atomic) as stub:
        call(stub, kind, "fine")
    assert seen == [True]
    assert labels() == ["fine"]


@kinds
def test_a_call_that_fails_is_rolled_back(mode: Mode, kind: str) -> None:
    with stub_of(mode, Atomic) as stub:
        for end in ("raise", "abort", "swallowed abort", "code", "bug"):
            assert code_of(partial(call, stub, kind, end)) is not StatusCode.OK, end
            assert labels() == [], end


@kinds
def test_without_it_what_was_written_stays(mode: Mode, kind: str) -> None:
    with stub_of(mode, Steps) as stub:
        assert code_of(lambda: call(stub, kind, "raise")) is StatusCode.NOT_FOUND
    assert seen == [False]
    assert labels() == ["raise"]


@pytest.mark.parametrize(
    ("service", "action", "requests", "expected"),
    [
        (None, None, False, False),
        (None, None, True, True),
        (True, None, False, True),
        (False, None, True, False),
        (None, True, False, True),
        (None, False, True, False),
        (True, False, True, False),
        (False, True, False, True),
    ],
)
def test_the_action_decides_then_the_service_then_the_database(
    mode: Mode, service: bool | None, action: bool | None, requests: bool, expected: bool
) -> None:
    class Chosen(Steps):
        atomic = service

        @grpc_action(request=TEXT, response=TEXT, atomic=action)
        def Unary(self, request: Any, context: Any) -> Any:
            return super().Unary(request, context)

    with atomic_requests(on=requests), stub_of(mode, Chosen) as stub:
        call(stub, "Unary", "fine")
    assert seen == [expected]


def test_what_runs_before_and_after_belongs_to_the_transaction(mode: Mode) -> None:
    class Noting(Atomic):
        def before_action(self) -> None:
            super().before_action()
            Tag.objects.create(label="before")

        def after_action(self) -> None:
            Tag.objects.create(label="after")
            if self.request.text == "refused afterwards":
                raise NotFound

    with stub_of(mode, Noting) as stub:
        assert code_of(lambda: call(stub, "Unary", "refused afterwards")) is StatusCode.NOT_FOUND
        assert labels() == []
        call(stub, "Unary", "fine")
    assert labels() == ["after", "before", "fine"]


def test_a_reply_that_cannot_be_sent_is_rolled_back(mode: Mode) -> None:
    class Wrong(Atomic):
        def Unary(self, request: Any, context: Any) -> Any:
            super().Unary(request, context)
            return "no message"

    with stub_of(mode, Wrong) as stub:
        assert code_of(lambda: call(stub, "Unary", "x")) is StatusCode.INTERNAL
    assert labels() == []


def test_what_waits_for_the_commit_runs_after_it(mode: Mode) -> None:
    class Later(Atomic):
        def Unary(self, request: Any, context: Any) -> Any:
            transaction.on_commit(lambda: seen.append(connection.in_atomic_block))
            return super().Unary(request, context)

    with stub_of(mode, Later) as stub:
        call(stub, "Unary", "fine")
        code_of(lambda: call(stub, "Unary", "raise"))
    assert seen == [True, False, True]


def test_a_client_that_leaves_a_stream_takes_its_work_back(mode: Mode) -> None:
    class Endless(Atomic):
        @grpc_action(request=TEXT, response=TEXT, response_stream=True)
        def Stream(self, request: Any, context: Any) -> Iterator[Any]:
            Tag.objects.create(label="half")
            while True:
                yield self.pb.StepStreamResponse(text="x" * 10000)

    with stub_of(mode, Endless) as stub:
        replies = stub.options(timeout=10).Stream()
        next(replies)
        replies.cancel()
    assert labels() == []
