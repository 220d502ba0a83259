"""What is known of the server and of each service, for any thread that asks or waits."""

import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping

from grpc_health.v1.health_pb2 import HealthCheckResponse

LIVENESS = "liveness"
"""The name to ask by whether the process works at all, whatever it depends on."""

SERVING = HealthCheckResponse.SERVING
NOT_SERVING = HealthCheckResponse.NOT_SERVING
DRAIN = "drain"

Status = int
"""A ``HealthCheckResponse.ServingStatus``."""


class Board:
    """The statuses of ``""``, which is the server, of its ``services`` and of ``LIVENESS``.

    A service serves unless something keeps it down. ``alive`` says whether the process works.
    """

    def __init__(self, services: Iterable[str], alive: Callable[[], bool]) -> None:
        self.services = ("", *services)
        self.ended = False
        self._alive = alive
        self._lock = threading.Lock()
        self._down: Mapping[Hashable, Collection[str]] = {}
        self._listeners: list[Callable[[], None]] = []

    def status(self, service: str) -> Status | None:
        """The status of ``service``; None if there is none of that name."""
        if service == LIVENESS:
            return SERVING if self._alive() else NOT_SERVING
        if service not in self.services:
            return None
        return NOT_SERVING if any(service in down for down in self._down.values()) else SERVING

    def keep_down(self, cause: Hashable, services: Collection[str]) -> None:
        """Let ``services`` not serve until ``release(cause)``."""
        with self._lock:
            self._down = {**self._down, cause: services}
        self._tell()

    def release(self, cause: Hashable) -> None:
        with self._lock:
            self._down = {name: down for name, down in self._down.items() if name != cause}
        self._tell()

    def drain(self) -> None:
        """Nothing serves from now on. Whoever asks for ``LIVENESS`` hears nothing of it."""
        self.keep_down(DRAIN, self.services)

    def end(self) -> None:
        """Let all who listen leave."""
        self.ended = True
        self._tell()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener``, which must not wait, at each change; return what ends that."""
        with self._lock:
            self._listeners.append(listener)

        def forget() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return forget

    def _tell(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
