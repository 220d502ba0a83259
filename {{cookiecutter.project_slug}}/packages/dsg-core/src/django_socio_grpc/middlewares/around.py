"""Context managers around a call as one."""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from types import TracebackType
from typing import Any, Literal

from django_socio_grpc.context import Context
from django_socio_grpc.middlewares.kinds import swallowed

Manager = Callable[[Context], AbstractContextManager[Any]]


def around(managers: Sequence[Manager]) -> Manager | None:
    """Return the ``managers``, the outermost first, as one, or None if there are none.

    One that says of itself that it swallows no error has nobody around it to see to that; a class
    that is made of it may do otherwise.
    """
    if not managers:
        return None
    if len(managers) == 1 and getattr(managers[0], "__dict__", {}).get("swallows", True) is False:
        return managers[0]
    return partial(Around, managers)


class Around:
    """Enters ``managers``, the outermost first. Each sees the errors of those within it.

    An error stays one, whatever they do with it. As long as there is none this takes a loop; an
    ``ExitStack``, which knows how errors follow one another, is made when there is one.
    """

    __slots__ = ("_context", "_entered", "_managers")

    def __init__(self, managers: Iterable[Manager], context: Context) -> None:
        self._managers = managers
        self._context = context
        self._entered: list[AbstractContextManager[Any]] = []

    def __enter__(self) -> None:
        try:
            for manager in self._managers:
                entered = manager(self._context)
                entered.__enter__()
                self._entered.append(entered)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        entered = self._entered
        if error is None:
            try:
                while entered:
                    entered.pop().__exit__(None, None, None)
            except BaseException:
                self.__exit__(*sys.exc_info())
                raise
        elif entered:
            stack = ExitStack()
            for manager in entered:
                stack.push(manager)
            entered.clear()
            if stack.__exit__(kind, error, traceback):
                raise swallowed(self._context) from error
        return False
