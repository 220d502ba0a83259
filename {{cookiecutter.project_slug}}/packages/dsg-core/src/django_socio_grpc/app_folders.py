"""Where an app is, and where the project: the folders that contracts are in."""

import os
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.conf import ENVIRONMENT_VARIABLE, settings

from django_socio_grpc.exceptions import ConfigurationError


def locate(app_name: str) -> tuple[str, str]:
    """Return the package and the label of an app that is named by either."""
    for config in apps.get_app_configs():
        if app_name in {config.label, config.name}:
            return config.name, config.label
    return app_name, app_name.rpartition(".")[2]


def import_root(package: str) -> Path:
    """Return the folder that ``package``, with its dots, is imported from.

    Raises:
        ConfigurationError: it does not import, or has no ``__init__.py``.
    """
    try:
        module = import_module(package)
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            f"AppHandlerRegistry({package!r}): no installed app has this label or name, "
            f"and no package of this name imports ({exc})."
        ) from exc
    if module.__file__ is None:
        raise ConfigurationError(f"{package} has no __init__.py. Add an empty one.")
    return Path(module.__file__).parents[len(package.split("."))]


def project_root() -> Path:
    """Return the project's folder, ``settings.BASE_DIR``.

    Raises:
        ConfigurationError: the settings have none.
    """
    root = getattr(settings, "BASE_DIR", None)
    if root is None:
        raise ConfigurationError(
            "to_root_grpc puts a contract into the project's folder, but the settings have no "
            "BASE_DIR. Set it, as Django's own project template does."
        )
    return Path(root).resolve()


def project_name() -> str:
    """Return the first part of DJANGO_SETTINGS_MODULE."""
    return os.environ.get(ENVIRONMENT_VARIABLE, "").partition(".")[0]
