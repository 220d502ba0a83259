"""How often a key may be used."""

import logging
from time import time
from typing import Any

from rest_framework.throttling import SimpleRateThrottle

from django_socio_grpc.apikeys.known import KnownKey
from django_socio_grpc.exceptions import Unavailable
from django_socio_grpc.rates import read_rate

logger = logging.getLogger("django_socio_grpc.apikeys")


class APIKeyRateThrottle(SimpleRateThrottle):
    """Counts the calls of each key in Django's cache, by its own rate or by ``api_key`` of
    ``DEFAULT_THROTTLE_RATES``. Without either, and for callers without a key, there is no limit.

    It counts within windows of the rate's time, one number for a key however many calls it has,
    and processes that share the cache share the number. If the cache fails, so does the call, as
    UNAVAILABLE.
    """

    scope = "api_key"
    _left: float | None = None

    def get_rate(self) -> Any:
        return self.THROTTLE_RATES.get(self.scope)

    def parse_rate(self, rate: Any) -> Any:
        return (None, None) if rate is None else read_rate(rate)

    def allow_request(self, request: Any, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, KnownKey):
            return True
        rate: str | None = key.rate or self.rate
        if rate is None:
            return True
        limit, seconds = read_rate(rate)
        window, passed = divmod(time(), seconds)
        self._left = seconds - passed
        name = self.cache_format % {"scope": self.scope, "ident": f"{key.id}_{window:.0f}"}
        return self._count(name, seconds) <= limit

    def wait(self) -> float | None:
        return self._left

    def _count(self, name: str, seconds: int) -> int:
        try:
            self.cache.add(name, 0, seconds + 1)
            return int(self.cache.incr(name))
        except Exception as exc:  # of a class of the cache's own, and there are many
            logger.exception("The cache that counts the calls of API keys has failed.")
            raise Unavailable from exc
