"""What a reply depends on, as text: calls of one key get the same reply."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from google.protobuf.message import Message

from django_socio_grpc.callers import caller_key, service_key
from django_socio_grpc.context import Context


def call_key(
    function: str, service: Any, request: Message, context: Context, vary: Sequence[str]
) -> str | None:
    """Return the key of a call of ``function``, or None if nobody can tell who calls, or serves.

    ``vary`` are the names of the metadata that the reply depends on, in lower case.
    """
    caller, serving = caller_key(context), service_key(service)
    if caller is None or serving is None:
        return None
    parts: list[Any] = [
        function,
        serving,
        request.DESCRIPTOR.full_name,
        request.SerializeToString(deterministic=True).hex(),
        context.query_params.urlencode(),
        caller,
        [(name, _values(context, name)) for name in vary],
        translation.get_language() if settings.USE_I18N else None,
        timezone.get_current_timezone_name() if settings.USE_TZ else None,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _values(context: Context, name: str) -> list[str]:
    """All values that the call has for ``name``, and the one in the JSON of its headers."""
    values = [value for key, value in context.invocation_metadata() if key == name]
    texts = [value if isinstance(value, str) else value.hex() for value in values]
    return [*texts, context.headers.get(name, "")]
