"""How often a peer may show keys that open nothing, before nobody looks at them any more."""

from math import inf
from time import monotonic

from rest_framework.exceptions import Throttled

from django_socio_grpc.rates import read_rate
from django_socio_grpc.settings import grpc_settings

ROOM = 10_000
"""Peers that are counted at most."""


class Failures:
    """Counts refused keys by peer, in this process, within windows of the rate's time."""

    def __init__(self) -> None:
        self._counted: dict[str, tuple[float, int]] = {}

    def check(self, peer: str) -> None:
        """Raise Throttled if ``peer`` has shown too many."""
        limit, _ = self._limit()
        until, count = self._counted.get(peer, (0.0, 0))
        wait = until - monotonic()
        if count >= limit and wait > 0:
            raise Throttled(wait)

    def note(self, peer: str) -> None:
        """``peer`` has shown one."""
        limit, seconds = self._limit()
        if limit == inf:
            return
        now = monotonic()
        until, count = self._counted.get(peer, (0.0, 0))
        if until <= now:
            until, count = now + seconds, 0
        if peer not in self._counted and len(self._counted) >= ROOM:
            self._counted.clear()  # whoever has so many addresses is not stopped by counting
        self._counted[peer] = (until, count + 1)

    def clear(self) -> None:
        """Forget them all."""
        self._counted.clear()

    def _limit(self) -> tuple[float, int]:
        rate: str | None = grpc_settings.API_KEY_FAILURES
        return (inf, 1) if rate is None else read_rate(rate)


failures = Failures()
