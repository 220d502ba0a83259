"""Looking again and again at what lasts long, in one thread for all of it."""

import logging
import threading
from collections.abc import Callable, Sequence
from time import sleep
from typing import Generic, TypeVar

T = TypeVar("T")

logger = logging.getLogger("django_socio_grpc.internal")


class Rounds(Generic[T]):
    """Calls ``look`` with all members, each time ``seconds()`` have passed.

    The thread, a daemon called ``name``, begins with the first member, and ends with a round that
    finds none. What ``look`` raises is logged, and the next round comes all the same.
    """

    def __init__(
        self, name: str, look: Callable[[Sequence[T]], None], seconds: Callable[[], float]
    ) -> None:
        self._name = name
        self._look = look
        self._seconds = seconds
        self._members: dict[int, T] = {}
        self._lock = threading.Lock()
        self._runs = False

    def add(self, member: T) -> Callable[[], None]:
        """Look at ``member`` from the next round on; what is returned ends that."""
        token = id(member)
        with self._lock:
            self._members[token] = member
            begin, self._runs = not self._runs, True
        if begin:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return lambda: self._remove(token)

    def _remove(self, token: int) -> None:
        with self._lock:
            self._members.pop(token, None)

    def _run(self) -> None:
        while True:
            sleep(self._seconds())
            with self._lock:
                members = tuple(self._members.values())
                if not members:
                    self._runs = False
                    return
            try:
                self._look(members)
            except Exception:
                logger.exception("%s: a round has failed.", self._name)
