"""The protobuf compiler of ``grpcio-tools``, in a process and a folder of its own."""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePath

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.type import date_pb2

from django_socio_grpc.exceptions import ProtobufGenerationException

STUB_OPTIONS = ("--python_out=.", "--pyi_out=.", "--grpc_python_out=.")
CONTRACT = PurePath("contract.proto")
DESCRIPTORS = "descriptors.bin"
COMMON_PROTOS = Path(date_pb2.__file__).parents[2]
"""Where the ``.proto`` files of google.type are, which grpcio-tools does not bring."""


def parse(
    text: str, name: PurePath = CONTRACT, *, import_root: Path | None = None
) -> FileDescriptorProto:
    """Return what the ``.proto`` file with this ``text`` says.

    ``name`` is its path from ``import_root``, the folder that its imports start at.

    Raises:
        ProtobufGenerationException: grpcio-tools is missing, or protoc refuses the file.
    """
    return descriptor_set(text, name, import_root).file[-1]


def compile_stubs(
    text: str, name: PurePath, *, import_root: Path, extra_args: Sequence[str] = ()
) -> dict[PurePath, str]:
    """Return the modules for the file by their paths from ``import_root``; writes none there.

    They are ``_pb2.py``, ``_pb2.pyi`` and ``_pb2_grpc.py``, and what ``extra_args`` make protoc
    write into its folder, ".".
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _run(root, text, name, import_root, [*STUB_OPTIONS, *extra_args])
        files = (path for path in root.rglob("*") if path.is_file())
        return {
            path.relative_to(root): path.read_text(encoding="utf-8")
            for path in sorted(files)
            if path != root / name
        }


@cache
def descriptor_set(
    text: str, name: PurePath = CONTRACT, import_root: Path | None = None
) -> FileDescriptorSet:
    """Return the file as ``parse`` does, preceded by those that it imports."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        options = ["--include_imports", f"--descriptor_set_out={DESCRIPTORS}"]
        _run(root, text, name, import_root, options)
        return FileDescriptorSet.FromString((root / DESCRIPTORS).read_bytes())


def _run(
    folder: Path, text: str, name: PurePath, import_root: Path | None, options: Sequence[str]
) -> None:
    """Run protoc in ``folder``, where the file comes before the one of that name elsewhere."""
    if importlib.util.find_spec("grpc_tools") is None:
        raise ProtobufGenerationException(
            "grpcio-tools, which brings the protobuf compiler, is not installed. Install the "
            "development requirements: the server itself does not need it."
        )
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    roots = ["-I.", *([f"-I{import_root}"] if import_root else []), f"-I{COMMON_PROTOS}"]
    # -P keeps the folder off sys.path: an app's own package ``grpc`` must not hide the library.
    command = [sys.executable, "-P", "-m", "grpc_tools.protoc", *roots, *options, str(name)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProtobufGenerationException(
            f"protoc refuses {name} (exit code {done.returncode}):\n"
            f"{(done.stderr or done.stdout).strip()}"
        )
