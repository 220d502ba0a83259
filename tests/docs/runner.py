"""``python -m tests.docs.runner PAGE PROJECT``: runs the blocks of a page in a scratch project.

One process serves one page: Django is set up once, and only pytest and the commands of
``console`` blocks are processes of their own.
"""

import importlib
import io
import json
import multiprocessing
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import yaml
from django.core.management import CommandError, call_command

from tests.docs.console import run_console
from tests.docs.pages import Block, PageError, parse

PARSERS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": lambda text: list(yaml.safe_load_all(text)),
}
NO_SERVICE = "No service is registered"


def run(page: Path, project: Path) -> None:
    """Write the files of ``page`` into ``project``, then run its other blocks in their order.

    Raises:
        PageError: a block does not do what the page says.
    """
    blocks = parse(page).blocks
    write_files(blocks, project)
    os.chdir(project)
    sys.path.insert(0, str(project))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    # What generateproto imports is of no use afterwards: see its stand-ins.
    forked = multiprocessing.get_context("fork").Process(target=_prepare)
    forked.start()
    forked.join()
    if forked.exitcode:
        raise PageError(f"{page.name}: migrate or generateproto failed, see above.")
    importlib.invalidate_caches()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks:
        run_block(block, project, namespace)
    tests = list(dict.fromkeys(block.path for block in blocks if block.is_test))
    if tests and subprocess.run([sys.executable, "-m", "pytest", *tests], cwd=project).returncode:
        raise PageError(f"{page.name}: {', '.join(tests)} failed, see above.")


def write_files(blocks: tuple[Block, ...], project: Path) -> None:
    """Write the text of each block that names a file."""
    written: set[str] = set()
    for block in blocks:
        if not block.path:
            continue
        path = project / block.path
        path.parent.mkdir(parents=True, exist_ok=True)
        adds = block.appends or block.path in written
        before = f"{path.read_text()}\n\n" if adds and path.exists() else ""
        path.write_text(before + block.text)
        written.add(block.path)


def run_block(block: Block, project: Path, namespace: dict[str, Any]) -> None:
    """Do with ``block`` what its language asks for."""
    if block.language == "python" and not block.path:
        # Padded, so that a traceback names the lines of the page.
        code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
        exec(code, namespace)
    elif block.language == "console":
        run_console(block, project)
    elif block.language == "protobuf":
        _check_contract(block, project)
    elif block.language in PARSERS:
        PARSERS[block.language](block.text)


def _prepare() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    try:
        call_command("generateproto", stdout=io.StringIO())
    except CommandError as exc:
        if not str(exc).startswith(NO_SERVICE):
            raise


def _check_contract(block: Block, project: Path) -> None:
    """Raise unless one .proto has the lines of ``block``, in their order."""
    wanted = [line.strip() for line in block.text.splitlines() if line.strip()]
    closest: list[str] = []
    for proto in sorted(project.rglob("*.proto")):
        lines = iter([line.strip() for line in proto.read_text().splitlines()])
        missing = [line for line in wanted if line not in lines]
        if not missing:
            return
        closest = closest or missing
    raise block.error(f"no generated .proto has this line where the page has it: {closest[:1]}")


if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]), Path(sys.argv[2]))
    except PageError as error:
        sys.exit(str(error))
