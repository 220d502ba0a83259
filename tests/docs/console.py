"""The commands of a ``console`` block, and whether they print what the page says."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import Block

PATIENCE = 60.0
PROGRAMS = {
    "python": [sys.executable],
    "pytest": [sys.executable, "-m", "pytest"],
    "cat": ["cat"],
    "ls": ["ls"],
    "rm": ["rm"],
}
SERVERS = {"runserver", "rungrpc", "grpcrunserver", "grpcrunaioserver"}
"""They do not end, so no page may start one: show them as text."""


def run_console(block: Block, project: Path) -> None:
    """Run the commands in ``project``.

    Raises:
        PageError: one of them fails, or prints something else.
    """
    for line, command, expected in _commands(block):
        arguments = shlex.split(command)
        if arguments[0] not in PROGRAMS:
            raise block.error(f"$ {command}: only {', '.join(PROGRAMS)} are run; show it as text.")
        if SERVERS & {*arguments} and "--help" not in arguments:
            raise block.error(f"$ {command} does not end by itself; show it as text.")
        done = subprocess.run(
            [*PROGRAMS[arguments[0]], *arguments[1:]],
            cwd=project,
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        may_fail = "error" in expected.lower() or "fail" in expected.lower()
        if (done.returncode and not may_fail) or not _matches(expected, done.stdout):
            raise block.error(
                f"line {line}: $ {command} ended with {done.returncode} and printed\n"
                f"{done.stdout}\nbut the page says\n{expected or 'nothing, so it has to succeed'}"
            )


def _commands(block: Block) -> Iterator[tuple[int, str, str]]:
    """The line, the command and the expected output of each."""
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    if not starts or starts[0]:
        raise block.error("a console block begins with a line '$ COMMAND'.")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        expected = "\n".join(lines[start + 1 : end]).strip()
        yield block.line + start, lines[start].removeprefix("$ "), expected


def _matches(expected: str, output: str) -> bool:
    if not expected:
        return True
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    found = "\n".join(line.rstrip() for line in output.strip().splitlines())
    return re.fullmatch(pattern, found, re.DOTALL) is not None
