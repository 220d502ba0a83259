"""Which function is async, what its twin is, and the loop and slots that async code runs on."""

import asyncio
import functools
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from asgiref.sync import sync_to_async
from declared import stub_of
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.concurrency import (
    blocking,
    is_async,
    offload,
    sync_twin,
)
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

PATIENCE = 10.0


def double(number: int, *, offset: int = 0) -> int:
    """Twice ``number``."""
    return 2 * number + offset


def count(number: int) -> Iterator[int]:
    yield from range(number)


async def adouble(number: int) -> int:
    return 2 * number


def test_is_async() -> None:
    async def agenerator() -> Any:
        yield 1

    assert [is_async(f) for f in (adouble, agenerator, offload(double))] == [True] * 3
    assert [is_async(f) for f in (double, count, lambda: adouble(1))] == [False] * 3
    assert is_async(functools.partial(adouble, 1))


def test_the_twin_of_a_function() -> None:
    twin = offload(double)
    assert sync_twin(twin) is double
    assert (twin.__name__, twin.__doc__) == ("double", "Twice ``number``.")
    assert asyncio.run(twin(3, offset=1)) == 7


def test_the_twin_of_a_generator_function() -> None:
    async def main() -> list[int]:
        return [number async for number in offload(count)(4)]

    assert sync_twin(offload(count)) is count
    assert asyncio.run(main()) == [0, 1, 2, 3]


def test_the_twin_closes_a_generator_that_is_left_early() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    async def main() -> None:
        items = offload(endless)()
        assert await anext(items) == 1
        await items.aclose()

    asyncio.run(main())
    assert closed.is_set()


def test_a_decorated_twin_is_no_twin() -> None:
    """``functools.wraps`` copies attributes: what the decorator does must not be skipped."""
    twin = offload(double)

    @functools.wraps(twin)
    async def decorated(*args: Any, **kwargs: Any) -> Any:
        return await twin(*args, **kwargs) + 1

    assert sync_twin(decorated) is None
    assert sync_twin(double) is None
    assert asyncio.run(decorated(3)) == 7


def test_an_overridable_twin_runs_what_the_class_has() -> None:
    class Base:
        def name(self) -> str:
            return "base"

        aname = offload(name, overridable=True)
        fixed = offload(name)

    class Other(Base):
        def name(self) -> str:
            return f"other, not {super().name()}"

    assert asyncio.run(Base().aname()) == "base"
    assert asyncio.run(Other().aname()) == "other, not base"
    assert asyncio.run(Other().fixed()) == "base"


def test_blocking_runs_beside_the_loop() -> None:
    async def main() -> None:
        assert await blocking(threading.get_ident) != threading.get_ident()
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(blocking(next, iter(())), PATIENCE)

    asyncio.run(main())


TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class SyncFirst(Service):
    """A bug that is easily made: ``next`` of nothing raises StopIteration."""

    service_name = "First"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Letter(self, request: Any, context: Any) -> Any:
        return self.pb.FirstLetterResponse(text=next(iter(request.text)))


class AsyncFirst(SyncFirst):
    async def Letter(self, request: Any, context: Any) -> Any:
        text = await blocking(next, iter(request.text))
        return self.pb.FirstLetterResponse(text=text)


class DjangoFirst(SyncFirst):
    async def Letter(self, request: Any, context: Any) -> Any:
        text = await sync_to_async(next)(iter(request.text))
        return self.pb.FirstLetterResponse(text=text)


@pytest.mark.parametrize("service", [SyncFirst, AsyncFirst, DjangoFirst])
def test_stop_iteration_ends_a_call_and_nothing_else(mode: Mode, service: type[Service]) -> None:
    """A future cannot carry it, so that the caller of a thread could wait for ever."""
    with stub_of(mode, service, max_workers=1) as stub:
        stub = stub.options(timeout=PATIENCE)
        for _ in range(3):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Letter(text="")
            assert caught.value.code() is StatusCode.INTERNAL
            assert stub.Letter(text="abc").text == "a"
