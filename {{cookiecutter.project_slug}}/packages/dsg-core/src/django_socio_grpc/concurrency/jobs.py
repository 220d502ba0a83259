"""A sync function as a job: what its thread does with the result."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``function`` for somebody who waits for a future.

    An asyncio future cannot carry a StopIteration, and who waits for it would wait forever; a
    GeneratorExit would end whoever waits without its clean-up. So one that leaves ``function`` is
    a RuntimeError, as it is where it leaves a generator.
    """
    try:
        return function(*args, **kwargs)
    except (StopIteration, GeneratorExit) as exc:
        raise RuntimeError(f"The function raised {type(exc).__name__}.") from exc
