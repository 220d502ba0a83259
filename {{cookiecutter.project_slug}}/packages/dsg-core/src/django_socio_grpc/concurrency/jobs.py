"""A sync function as a job: what its thread does with the result."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``function`` for somebody who waits for a future.

    An asyncio future cannot carry a StopIteration, and who waits for it would wait forever; so
    one that leaves ``function`` is a RuntimeError, as it is where it leaves a generator.
    """
    try:
        return function(*args, **kwargs)
    except StopIteration as exc:
        raise RuntimeError("The function raised StopIteration.") from exc


def resolve(future: Future[Any], function: Callable[[], Any]) -> None:
    """Complete ``future`` with what ``function`` returns or raises, unless it was cancelled."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call(function)
    except BaseException as exc:  # it crosses to whoever waits, unchanged
        future.set_exception(exc)
    else:
        future.set_result(result)
