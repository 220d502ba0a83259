"""Stand-ins for generated modules, so that services import before their contract exists."""

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from django.apps import apps

from django_socio_grpc.settings import grpc_settings

ENDINGS = ("_pb2", "_pb2_grpc")


@contextmanager
def stand_ins() -> Iterator[None]:
    """Within this block the apps' generated modules import, and have any name that is asked for.

    ``generateproto`` needs the services, and these may name messages that only it will make.
    What a service got from a stand-in is of no other use: serve it in another process.
    """
    known = [module for name, module in sys.modules.items() if _is_generated(name)]
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    for module in known:
        _complete(module)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for module in [*known, *finder.real]:
            vars(module).pop("__getattr__", None)
        for name in finder.replaced:
            _forget(name)


def _is_generated(name: str) -> bool:
    return name.endswith(ENDINGS) and _is_in_app(name)


def _is_in_app(name: str) -> bool:
    """Whether ``name`` is of an app, or of the folder for contracts of apps of others."""
    return f"{name}.".startswith(f"{grpc_settings.ROOT_GRPC_FOLDER}.") or any(
        name.startswith(f"{config.name}.") for config in apps.get_app_configs()
    )


def _is_folder(name: str) -> bool:
    """Whether ``name`` is to hold generated modules: the usual one, or the importer says so."""
    if any(name == f"{config.name}.grpc" for config in apps.get_app_configs()):
        return True
    return any(imported.endswith(ENDINGS) for imported in _imported())


def _imported() -> Iterator[str]:
    """The names in the import statement that is being carried out."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith((__file__, "<frozen")):
        frame = frame.f_back
    if frame is None:
        return
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom) and (
            node.lineno <= frame.f_lineno <= (node.end_lineno or node.lineno)
        ):
            yield getattr(node, "module", None) or ""
            yield from (alias.name for alias in node.names)


def _complete(module: ModuleType) -> None:
    """Let ``module`` have an empty class for every public name that it lacks."""

    def missing(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        return type(name, (), {"__module__": module.__name__})

    vars(module)["__getattr__"] = missing


def _forget(name: str) -> None:
    parent, _, child = name.rpartition(".")
    sys.modules.pop(name, None)
    if parent in sys.modules:
        vars(sys.modules[parent]).pop(child, None)


class _Finder(MetaPathFinder):
    """Finds the generated modules of apps. ``replaced`` are the names of those that are empty."""

    def __init__(self) -> None:
        self.real: list[ModuleType] = []
        self.replaced: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not _is_in_app(fullname):
            return None
        spec = PathFinder.find_spec(fullname, path)
        if _is_generated(fullname):
            spec = spec or ModuleSpec(fullname, None)
            spec.loader = _Loader(spec.loader, self)
            return spec
        if spec is None and _is_folder(fullname):
            self.replaced.append(fullname)
            return ModuleSpec(fullname, _Loader(None, self), is_package=True)
        return None


class _Loader(Loader):
    """Loads a module as ``loader`` does, if it can, and completes it."""

    def __init__(self, loader: Loader | None, finder: _Finder) -> None:
        self.loader = loader
        self.finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__.endswith(ENDINGS):
            _complete(module)
        try:
            if self.loader is None:
                raise ModuleNotFoundError(module.__name__)
            self.loader.exec_module(module)
        except Exception:  # missing, of another protobuf, or half merged: it will be replaced
            self.finder.replaced.append(module.__name__)
        else:
            self.finder.real.append(module)
