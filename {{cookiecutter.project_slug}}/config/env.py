"""The environment, typed: every value that differs between machines is read here.

``python -m config.env`` makes the project's ``.env`` from ``.env.example``.
"""

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PLACEHOLDER_SECRET_KEY = "change-me"
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def read_file(path: Path) -> dict[str, str]:
    """Return the ``NAME=value`` lines of ``path``; blank lines and ``#`` comments do not count.

    Raises:
        ImproperlyConfigured: a line is neither.
    """
    values = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ImproperlyConfigured(
                f"{path.name}, line {number}: {line!r} is not NAME=value. Mend or remove it."
            )
        values[name.strip()] = _unquoted(value.strip())
    return values


class Environment:
    """Variables of the process, and of a ``.env`` file where the process has none.

    Each method reads one variable as one type and returns ``default`` if it is unset or empty.

    Raises:
        ImproperlyConfigured: the value is not of that type; one line names variable, value, fix.
    """

    def __init__(self, file: Path, process: Mapping[str, str] = os.environ) -> None:
        given = {name: value for name, value in process.items() if value.strip()}
        self._values = {**(read_file(file) if file.is_file() else {}), **given}
        self.names: set[str] = set()
        """Every variable that was asked for."""

    def text(self, name: str, default: str) -> str:
        self.names.add(name)
        return self._values.get(name, "").strip() or default

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value not in TRUE + FALSE:
            raise _wrong(name, value, "true or false")
        return value in TRUE

    def integer(self, name: str, default: int, minimum: int, maximum: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or not minimum <= int(value) <= maximum:
            raise _wrong(name, value, f"a whole number from {minimum} to {maximum}")
        return int(value)

    def choice(self, name: str, default: str, options: Sequence[str]) -> str:
        value = self.text(name, default)
        if value not in options:
            raise _wrong(name, value, f"one of {', '.join(options)}")
        return value

    def items(self, name: str) -> list[str]:
        """Return the comma-separated parts, none of them empty; ``[]`` when unset."""
        return [part.strip() for part in self.text(name, "").split(",") if part.strip()]

    def secrets(self, name: str, length: int) -> list[str]:
        """Return the comma-separated parts, each of ``length`` characters or more."""
        parts = self.items(name)
        if short := [part for part in parts if len(part) < length]:
            raise ImproperlyConfigured(
                f"{name} has a text of {len(short[0])} characters, and each needs {length} or "
                "more. Set it in the environment or in .env."
            )
        return parts


def write_file(example: Path, target: Path) -> None:
    """Copy ``example`` to ``target``, readable by its owner alone, with a secret key of its own.

    Raises:
        FileExistsError: there is a ``target``: it is never overwritten.
    """
    placeholder = f"SECRET_KEY={PLACEHOLDER_SECRET_KEY}\n"
    text = example.read_text(encoding="utf-8")
    if placeholder not in text:
        raise ImproperlyConfigured(f"{example.name} needs the line {placeholder.strip()!r}.")
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text.replace(placeholder, f"SECRET_KEY={secrets.token_urlsafe(50)}\n"))


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _wrong(name: str, value: str, expected: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{name}={value!r} is not {expected}. Set it in the environment or in .env."
    )


if __name__ == "__main__":
    folder = Path(__file__).resolve().parent.parent
    write_file(folder / ".env.example", folder / ".env")
    sys.stdout.write("Made .env with a secret key of its own.\n")
