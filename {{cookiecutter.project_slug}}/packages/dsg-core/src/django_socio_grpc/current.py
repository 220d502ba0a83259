"""Whose call it is that this thread or task works for."""

from contextvars import ContextVar
from typing import Any

_service: ContextVar[Any] = ContextVar("service", default=None)

enter = _service.set
"""``enter(service)``: what runs from here on belongs to a call of ``service``, None to no call."""

service = _service.get
"""``service()`` is the instance that serves the current call, or None outside of calls."""
