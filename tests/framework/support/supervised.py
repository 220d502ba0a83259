"""Workers and their supervisor, as a test sees them from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from project import PATIENCE, Program, Project
from waiting import until

START = 2 * PATIENCE
"""Seconds for processes to start, or to end."""

PIDS = ('WORD = "hello"', "import os\nWORD = str(os.getpid())")
"""An edit of the project's services: ``Say`` says which process has answered."""


def answering(program: Program) -> int:
    """The process that answers on a new connection."""
    with program.stub() as stub:
        return int(stub.Say().text)


def pids(program: Program, count: int) -> set[int]:
    """The processes that answer, as soon as there are ``count``."""
    found: set[int] = set()

    def all_found() -> bool:
        found.add(answering(program))
        return len(found & children(program.process.pid)) >= count

    until(all_found, f"an answer of {count} workers", START)
    return found & children(program.process.pid)


def children(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def is_alive(pid: int) -> bool:
    """Whether the process runs: one that has ended may be waiting for its parent."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@contextmanager
def supervised(project: Project, mode: str, *args: str) -> Iterator[Program]:
    """Run two workers for the block; none of them is left behind."""
    with project.serve(mode, "--workers", "2", *args) as program:
        workers: set[int] = set()
        try:
            workers = pids(program, 2)
            yield program
        finally:
            workers |= children(program.process.pid) if program.process.poll() is None else set()
            if program.process.poll() is None:
                program.process.kill()
            until(lambda: not any(map(is_alive, workers)), "the end of the workers", START)
