"""Which methods a key may call: patterns over their full names.

``questions.QuestionController.List`` is one method, ``questions.QuestionController.*`` all of a
service, ``questions.*`` all of a package and of those within it, ``*`` all there are. A pattern
may have the ``/`` of a path before the method.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

ALL = "*"
_PATTERN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\.\*)?", re.ASCII)


def read_scopes(patterns: Iterable[str]) -> list[str]:
    """Return ``patterns`` as they are stored, each once.

    Raises:
        ValueError: one is no pattern.
    """
    found = [_read(pattern) for pattern in patterns]
    return list(dict.fromkeys(found))


def _read(pattern: str) -> str:
    text = pattern.strip().removeprefix("/").replace("/", ".")
    if text == ALL or _PATTERN.fullmatch(text):
        return text
    raise ValueError(
        f"{pattern!r} is no scope. Give the name of a method, questions.QuestionController.List, "
        "or of a service or a package with .* behind it, questions.*, or * for all."
    )


@lru_cache(maxsize=4096)
def covers(scopes: tuple[str, ...], method: str) -> bool:
    """Whether one of ``scopes`` is for ``method``, ``"questions.QuestionController.List"``."""
    return any(
        scope in (ALL, method) or (scope.endswith(".*") and method.startswith(scope[:-1]))
        for scope in scopes
    )
