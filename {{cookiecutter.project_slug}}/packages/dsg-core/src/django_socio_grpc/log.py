"""What the records of a call carry beside their text."""

from typing import Any


def default_get_log_extra_context(service: Any) -> dict[str, Any]:
    """Return the attributes that each log record of a call of ``service`` gets."""
    return {}
