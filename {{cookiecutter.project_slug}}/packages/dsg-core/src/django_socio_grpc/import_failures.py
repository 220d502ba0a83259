"""Why a module of the project does not import, on one line: where, what, and what to do."""

import linecache
import os
import re
import sysconfig
import traceback

from django_socio_grpc.exceptions import GENERATE

GENERATED = re.compile(r"_pb2(_grpc)?\b")
FRAMEWORK = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


def import_failure(exc: Exception) -> str:
    """Return ``FILE:LINE: the error. The fix`` of an exception that an import raised."""
    file, line = _place(exc)
    code = linecache.getline(file, line).strip()
    where = f"{_short(file)}:{line}: " if file else ""
    text = exc.msg if isinstance(exc, SyntaxError) else str(exc)
    what = f"{type(exc).__name__}: {text}" if text else type(exc).__name__
    shown = f" in {code!r}" if code else ""
    return f"{where}{what.rstrip('.')}{shown}. {_fix(exc, file)}"


def _place(exc: Exception) -> tuple[str, int]:
    """The last file and line of the project's own; the innermost ones where there is none."""
    if isinstance(exc, SyntaxError) and exc.filename:
        return exc.filename, exc.lineno or 0
    frames = [
        (frame.filename, frame.lineno or 0)
        for frame in traceback.extract_tb(exc.__traceback__)
        if not frame.filename.startswith(("<", FRAMEWORK))
    ]
    own = [frame for frame in frames if not frame[0].startswith(LIBRARIES)]
    return (own or frames or [("", 0)])[-1]


def _short(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith(os.pardir) else relative


def _fix(exc: Exception, file: str) -> str:
    if GENERATED.search(f"{file} {exc}"):
        return GENERATE
    if isinstance(exc, ModuleNotFoundError):
        return f"Install {exc.name}, or correct the import."
    return "Correct that line; --traceback shows how it was reached."
