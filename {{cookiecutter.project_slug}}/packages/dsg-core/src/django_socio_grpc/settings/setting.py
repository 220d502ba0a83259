"""One setting, as a field of a dataclass."""

from dataclasses import field
from typing import Any

from django_socio_grpc.settings.checks import Check


def setting(default: Any, check: Check, **reads: Any) -> Any:
    """``reads``: ``imports``, a dotted path stands for what it names; ``kind``, for an enum;
    ``secret``, for what no error may show.
    """
    return field(default_factory=lambda: default, metadata={"check": check, **reads})
