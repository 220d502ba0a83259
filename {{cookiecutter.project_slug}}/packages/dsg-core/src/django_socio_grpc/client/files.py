"""Contracts as descriptors: of ``.proto`` files, of generated modules, of reflected files."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import status_pb2

Source: TypeAlias = str | os.PathLike[str] | ModuleType | FileDescriptor

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
IMPORT = re.compile(r"""^\s*import\s+(?:public\s+|weak\s+)?["']([^"']+)["']\s*;""", re.MULTILINE)
GOOGLE = Path(status_pb2.__file__).parents[2]
"""Where ``google/rpc/status.proto`` and its like are; protoc itself knows ``google/protobuf``."""


class ContractError(Exception):
    """The contract of a service cannot be had; the message says why, and what to do."""


def load(sources: Iterable[Source], include: Iterable[str | Path] = ()) -> list[FileDescriptor]:
    """Return the files that ``sources`` stand for, in a pool of their own if they are compiled.

    Raises:
        ContractError: protoc is missing or refuses a file, or there is no such file.
        TypeError: a source is none.
    """
    return [file for source in sources for file in _load(source, include)]


def in_new_pool(files: Iterable[FileDescriptorProto]) -> list[FileDescriptor]:
    """Return the files, which may come in any order, each once."""
    pool = DescriptorPool()
    waiting = {file.name: file for file in files}
    names = list(waiting)

    def add(name: str) -> None:
        file = waiting.pop(name, None)
        if file is not None:
            for dependency in file.dependency:
                add(dependency)
            pool.Add(file)

    for name in names:
        add(name)
    return [pool.FindFileByName(name) for name in names]


def reachable(files: Sequence[FileDescriptor]) -> Iterator[FileDescriptor]:
    """Yield ``files``, then those that they import, each once."""
    queue, seen = list(files), set[str]()
    for file in queue:
        if file.name not in seen:
            seen.add(file.name)
            yield file
            queue.extend(file.dependencies)


def _load(source: Source, include: Iterable[str | Path]) -> list[FileDescriptor]:
    if isinstance(source, FileDescriptor):
        return [source]
    if isinstance(source, ModuleType):
        file = getattr(source, "DESCRIPTOR", None)
        if not isinstance(file, FileDescriptor):
            raise TypeError(
                f"{source.__name__} has no messages. Give the module whose name ends in _pb2."
            )
        return [file]
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"{source!r} is no contract. Give the path of a .proto file or a _pb2 module."
        )
    return [_compile(Path(source), [Path(folder) for folder in include])]


def _compile(path: Path, include: Sequence[Path]) -> FileDescriptor:
    try:
        path = path.resolve(strict=True)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ContractError(f"{path} cannot be read: {exc}") from exc
    if importlib.util.find_spec("grpc_tools") is None:
        raise ContractError(
            f"To read {path.name}, the protobuf compiler is needed. Install grpcio-tools, or give "
            "the generated module instead, or ask the server: client.reflect(target)."
        )
    roots = [folder.resolve() for folder in include]
    root = _import_root(path, text, roots)
    name = path.relative_to(root).as_posix()
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "descriptors.bin")
        command = [
            *(sys.executable, "-P", "-m", "grpc_tools.protoc"),
            *(f"-I{each}" for each in (root, *roots, GOOGLE)),
            *("--include_imports", f"--descriptor_set_out={result}", name),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            raise ContractError(
                f"protoc refuses {path}:\n{done.stderr.strip()}\nFolders that its imports are "
                f"looked for in: {root}, and those given as include=[...]."
            )
        files = FileDescriptorSet.FromString(result.read_bytes()).file
    return in_new_pool(files)[-1]


def _import_root(path: Path, text: str, include: Sequence[Path]) -> Path:
    """The folder that the file's imports start at: the nearest above it that has all of them."""
    imports = [
        name
        for name in IMPORT.findall(COMMENT.sub("", text))
        if not name.startswith("google/") and not any((each / name).is_file() for each in include)
    ]
    for folder in path.parents:
        if all((folder / name).is_file() for name in imports):
            return folder
    return path.parent
