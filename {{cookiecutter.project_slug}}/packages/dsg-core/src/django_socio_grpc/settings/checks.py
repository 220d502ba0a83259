"""What a setting takes: a check returns what the value should be, or None if it is right."""

import math
import re
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from django_socio_grpc.rates import read_rate

Check = Callable[[Any], str | None]


def instance_of(kind: type | tuple[type, ...], expected: str) -> Check:
    def check(value: Any) -> str | None:
        right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        return None if right else expected

    return check


def positive(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return None if right else "a whole number above 0"


def seconds(value: Any) -> str | None:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    return None if right and 0 <= value < math.inf else "a number of seconds, 0 or more"


def seconds_above_0(value: Any) -> str | None:
    right = seconds(value) is None and value > 0
    return None if right else "a number of seconds above 0"


def port(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535
    return None if right else "a port, 0 to 65535"


def hook(value: Any) -> str | None:
    right = value is None or callable(value) or isinstance(value, str)
    return None if right else "the dotted path of a function, or a function"


def class_or_path(value: Any) -> str | None:
    right = value is None or isinstance(value, str | type)
    return None if right else "a class, its dotted path, or None"


def classes_or_paths(value: Any) -> str | None:
    right = isinstance(value, list | tuple) and all(
        callable(v) or isinstance(v, str) for v in value
    )
    return None if right else "a list of classes or of their dotted paths"


def health_checks(value: Any) -> str | None:
    right = isinstance(value, list | tuple) and all(map(_is_health_check, value))
    return (
        None if right else "a list of functions, of their dotted paths, or of pairs with services"
    )


def _is_health_check(value: Any) -> bool:
    if isinstance(value, list | tuple) and len(value) == 2:
        value, services = value
        if not isinstance(services, list | tuple) or not all(isinstance(s, str) for s in services):
            return False
    return callable(value) or isinstance(value, str)


def interceptors(value: Any) -> str | None:
    right = value is None or isinstance(value, list | tuple)
    return None if right else "a list of interceptors, or None"


def options(value: Any) -> str | None:
    if value is None or (isinstance(value, list | tuple) and all(map(_is_option, value))):
        return None
    return "a list of (name, value) pairs, or None"


def _is_option(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str)


def certificate_pairs(value: Any) -> str | None:
    right = isinstance(value, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in value
    )
    return None if right else "a list of (private key, certificate chain) paths"


def broker(value: Any) -> str | None:
    methods = [getattr(value, name, None) for name in ("publish", "subscribe")]
    right = not isinstance(value, type) and all(map(callable, methods))
    return None if right or isinstance(value, str) else "a broker, or the dotted path of one"


def key_prefix(value: Any) -> str | None:
    right = isinstance(value, str) and re.fullmatch("[a-z][a-z0-9_]{0,30}[a-z0-9]", value)
    return None if right else "2 to 32 lower-case letters, digits and _, a letter first"


def key_environment(value: Any) -> str | None:
    return None if value in ("live", "test") else "'live' or 'test'"


def peppers(value: Any) -> str | None:
    right = isinstance(value, list | tuple) and all(
        isinstance(item, str) and len(item) >= 32 for item in value
    )
    return None if right else "a list of texts of 32 characters or more"


def rate(value: Any) -> str | None:
    try:
        read_rate(value)
    except (TypeError, ValueError):
        return 'a rate such as "60/minute"'
    return None


def compression(value: Any) -> str | None:
    return None if value in (None, "gzip", "deflate") else "'gzip', 'deflate' or None"


def which_calls(value: Any) -> str | None:
    return None if value in ("off", "errors", "all") else "'off', 'errors' or 'all'"


def optional(check: Check) -> Check:
    """As ``check``, or None."""

    def check_value(value: Any) -> str | None:
        expected = None if value is None else check(value)
        return expected and f"{expected}, or None"

    return check_value


def member_of(kind: type[Enum]) -> Check:
    """A member of ``kind``, or the value of one."""

    def check(value: Any) -> str | None:
        values = [member.value for member in kind]
        right = isinstance(value, kind) or value in values
        return None if right else f"one of {', '.join(map(str, values))}"

    return check


flag = instance_of(bool, "True or False")
sequence = instance_of((list, tuple), "a list")
mapping = instance_of(Mapping, "a dict")
text = instance_of(str, "a text")
path_or_none = instance_of((str, Path, type(None)), "a path, or None")
function_or_path = instance_of((str, Callable), "a function, or its dotted path")  # type: ignore[arg-type]
