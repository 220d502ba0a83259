"""Run git and make for the tests."""

import os
import subprocess
import sys
from pathlib import Path

IDENTITY = (
    *("-c", "user.name=Test"),
    *("-c", "user.email=test@example.org"),
    *("-c", "commit.gpgsign=false"),
)


def git(folder: Path, *arguments: str) -> str:
    """Run ``git`` in ``folder``, with a name to commit under, and return what it prints."""
    return subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``make`` in ``folder`` with the virtual environment of these tests."""
    return subprocess.run(
        ["make", *arguments, f"VENV={sys.prefix}"],
        cwd=folder,
        env=clean_environment() | variables,
        capture_output=True,
        text=True,
    )


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would reach into a generated project."""
    ours = {"DATABASE_URL", "DEBUG", "DJANGO_SETTINGS_MODULE", "PYTHONPATH"}
    ours |= {"ARGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    return {name: value for name, value in os.environ.items() if name not in ours}
