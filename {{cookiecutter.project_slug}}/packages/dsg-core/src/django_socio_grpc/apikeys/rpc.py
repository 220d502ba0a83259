"""Which method the current call is of."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django_socio_grpc import actions, current


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpc:
    """``method`` is its full name, ``"questions.QuestionController.List"``; ``streams`` tells
    whether either side is a stream.
    """

    method: str
    streams: bool


def current_rpc() -> Rpc:
    """Return what is called now.

    Raises:
        RuntimeError: nothing is.
    """
    service = current.service()
    if service is None:
        raise RuntimeError("An API key opens calls of services, and there is no call here.")
    cls: Any = type(service)
    return _rpc(cls, cls.get_full_name(), service.action)


@lru_cache(maxsize=4096)
def _rpc(cls: Any, service: str, name: str) -> Rpc:
    action = actions.collect(cls())[name]
    return Rpc(
        method=f"{service}.{name}",
        streams=bool(action.request_stream or action.response_stream),
    )
