"""What a person adds to register a new service: the file, its imports, its last lines."""

import inspect
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from django_socio_grpc.management.scaffold.names import Names
from django_socio_grpc.management.scaffold.sources import missing_imports, registry_of
from django_socio_grpc.settings import grpc_settings

WIDTH = 80
"""Columns, within a function."""


def registration(names: Names, classes: list[tuple[str, str]]) -> tuple[str, list[str], list[str]]:
    """Return the name of the handlers module, the imports that it lacks, and the lines.

    ``classes`` are modules and names of the variants: the async one, the sync one, or both.
    """
    wanted = {cls: f"{names.app}.services.{module}" for module, cls in classes}
    chosen = classes[0][1]
    if len(classes) > 1:
        chosen = f"{chosen} if grpc_settings.GRPC_ASYNC else {classes[1][1]}"
        wanted["grpc_settings"] = "django_socio_grpc.settings"
    module = _handlers_module()
    file = _file_of(module)
    variable = registry_of(file, names.label) if file else ""
    call = f"{variable or names.label}.register({chosen})"
    if len(call) > WIDTH:
        call = f"{variable or names.label}.register(\n    {chosen}\n)"
    lines = call.splitlines()
    if not variable:
        wanted["AppHandlerRegistry"] = "django_socio_grpc.services.app_handler_registry"
        lines.insert(0, f'{names.label} = AppHandlerRegistry("{names.app}", server)')
    imports = [f"from {path} import {name}" for name, path in wanted.items()]
    return module, sorted(missing_imports(file, wanted) if file else imports), lines


def _handlers_module() -> str:
    """The module of the function that registers the services, as the settings name it."""
    hook = grpc_settings.ROOT_HANDLERS_HOOK
    if callable(hook):
        return str(getattr(inspect.unwrap(hook), "__module__", ""))
    if hook is None:
        return str(getattr(settings, "ROOT_URLCONF", "") or "")
    return str(hook).rpartition(".")[0]


def _file_of(module: str) -> Path | None:
    try:
        spec = find_spec(module) if module else None
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec is not None and spec.origin else None
