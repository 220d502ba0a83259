"""``--dev``: the server in a process of its own, which is replaced when the code changes."""

import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.utils import autoreload

from django_socio_grpc.server.stopping import stop_signals

POLL = 0.5
"""Seconds between two looks at the files."""
PATIENCE = 1.0
"""Seconds that the server has for calls in flight, and then once more to end."""
INSTALLED = ("site-packages", "dist-packages")
PRUNED = {*INSTALLED, "node_modules", "__pycache__"}


def is_child() -> bool:
    """Whether this is the process that serves, and not the one that watches the files."""
    return os.environ.get(autoreload.DJANGO_AUTORELOAD_ENV) == "true"


def watch(say: Callable[[str], None]) -> None:
    """Run this very command in a child, anew after each change of the code, until a signal comes.

    The child is the program that production runs. When it fails it has said why: whatever the
    error, in the settings or in a model, the next change of the code starts it again.
    """
    stopping: queue.SimpleQueue[int] = queue.SimpleQueue()
    with stop_signals(stopping.put, limit=3 * PATIENCE + POLL):
        folders = _folders()
        files, child, failed = _snapshot(folders), _start(), False
        while not _is_set(stopping):
            now = _snapshot(folders)
            if now != files:
                say(f"{_changed(files, now)} changed: restarting.")
                _end(child)
                files, child, failed = now, _start(), False
            elif child.poll() is not None and not failed:
                failed = True
                say(f"The server ended with {child.returncode}. Change the code to restart it.")
        _end(child)


def _start() -> "subprocess.Popen[bytes]":
    environment = {**os.environ, autoreload.DJANGO_AUTORELOAD_ENV: "true"}
    return subprocess.Popen(autoreload.get_child_arguments(), env=environment, close_fds=False)


def _end(child: "subprocess.Popen[bytes]") -> None:
    for end in (child.terminate, child.terminate, child.kill):
        end()  # the first lets calls in flight finish, the second does not
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            continue
        return


def _is_set(stopping: "queue.SimpleQueue[int]") -> bool:
    try:
        stopping.get(timeout=POLL)
    except queue.Empty:
        return False
    return True


def _folders() -> set[Path]:
    """Where the project's code is, and that of each app that is not installed for good."""
    folders = {Path(app.path) for app in apps.get_app_configs()}
    name = settings.SETTINGS_MODULE
    if name is not None and (file := sys.modules[name].__file__) is not None:
        folders.add(Path(file).parents[name.count(".")])
    return {folder for folder in folders if not any(part in INSTALLED for part in folder.parts)}


def _snapshot(folders: set[Path]) -> Mapping[str, int]:
    """When each file of code was changed last, in nanoseconds."""
    times = {}
    for path in _code(folders):
        try:
            times[path] = os.stat(path).st_mtime_ns
        except OSError:  # gone since it was listed
            continue
    return times


def _code(folders: set[Path]) -> Iterator[str]:
    for folder in folders:
        for root, names, files in os.walk(folder):
            names[:] = [n for n in names if n not in PRUNED and not n.startswith(".")]
            yield from (os.path.join(root, file) for file in files if file.endswith(".py"))


def _changed(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    path, _ = min(before.items() ^ after.items())
    return os.path.relpath(path)
