"""What single serializers and lists have in common: checks of input, output, async twins."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from django_socio_grpc.concurrency import blocking

KEPT = "_kept_message"


class AsyncTwins:
    """What may ask the database, for async code."""

    message: Any
    data: Any
    is_valid: Callable[..., bool]
    save: Callable[..., Any]

    @property
    def amessage(self) -> Awaitable[Any]:
        """``await serializer.amessage``: ``.message`` for async code."""
        return blocking(lambda: self.message)

    @property
    def adata(self) -> Awaitable[Any]:
        """``await serializer.adata``: ``.data`` for async code."""
        return blocking(lambda: self.data)

    async def ais_valid(self, *, raise_exception: bool = False) -> bool:
        return await blocking(self.is_valid, raise_exception=raise_exception)

    async def asave(self, **kwargs: Any) -> Any:
        return await blocking(self.save, **kwargs)


def check_one_input(serializer: Any, message: Any, data: Any) -> None:
    """Raise ValueError if there is both a message and data."""
    if message is not None and data is not empty:
        raise ValueError(
            f"{type(serializer).__name__} got both message= and data=. Give one of them."
        )


def check_valid(serializer: Any) -> None:
    """Raise AssertionError for input that nobody has validated, ValidationError for a bad one."""
    if hasattr(serializer, "initial_data") and serializer.errors:
        raise ValidationError(serializer.errors)


def kept(make: Callable[[Any], Any]) -> Any:
    """Make ``make`` a property that keeps its value, as ``.data`` does, until it is forgotten.

    A handler may set more fields of ``serializer.message``, and return that.
    """

    @wraps(make)
    def message(self: Any) -> Any:
        check_valid(self)
        found = self.__dict__.get(KEPT)
        if found is None or found[0] is not self.instance:
            found = self.__dict__[KEPT] = self.instance, make(self)
        return found[1]

    return property(message)


def forget(serializer: Any) -> None:
    """Let its next message be a new one, for the instance is about to change."""
    serializer.__dict__.pop(KEPT, None)
