"""Context managers around a call as one."""

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any, Literal, Self

from django_socio_grpc.context import Context
from django_socio_grpc.middlewares.kinds import swallowed

Manager = Callable[[Context], AbstractContextManager[Any]]


class Around(ExitStack):
    """Enters ``managers``, the outermost first. Each sees the errors of those within it.

    An error stays one, whatever they do with it.
    """

    def __init__(self, managers: Iterable[Manager], context: Context) -> None:
        super().__init__()
        self._managers = managers
        self._context = context

    def __enter__(self) -> Self:
        try:
            for manager in self._managers:
                self.enter_context(manager(self._context))
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        if super().__exit__(kind, error, traceback):
            raise swallowed(self._context) from error
        return False
