"""Whose call it is that this thread or task works for."""

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

_service: ContextVar[Any] = ContextVar("service", default=None)

enter = _service.set
"""``enter(service)``: what runs from here on belongs to a call of ``service``, None to no call."""

service = _service.get
"""``service()`` is the instance that serves the current call, or None outside of calls."""

NO_TRACE: Mapping[str, str] = MappingProxyType({})

_trace: ContextVar[Mapping[str, str]] = ContextVar("trace", default=NO_TRACE)

enter_trace = _trace.set
"""``enter_trace(ids)``: what runs from here on has the ``trace_id`` and ``span_id`` in ``ids``."""

trace = _trace.get
"""``trace()`` is what identifies the current trace, and empty where nothing is traced."""
