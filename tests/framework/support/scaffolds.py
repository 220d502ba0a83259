"""Runs ``startservice``, and says what it wrote."""

import io
from pathlib import Path

from django.core.management import call_command


def start(*args: str) -> str:
    out = io.StringIO()
    call_command("startservice", *args, stdout=out)
    return out.getvalue()


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
