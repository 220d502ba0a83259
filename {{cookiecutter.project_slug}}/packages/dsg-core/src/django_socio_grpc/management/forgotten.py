"""Contracts that are still there, of apps that nobody registers any more."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings

from django_socio_grpc.app_folders import import_root
from django_socio_grpc.contract.files import is_generated
from django_socio_grpc.import_failures import LIBRARIES
from django_socio_grpc.registry import RegisteredApp
from django_socio_grpc.settings import grpc_settings

SERVICE = re.compile(r"^service \w+ \{", re.MULTILINE)


def forgotten_apps(known: Collection[str]) -> Iterator[RegisteredApp]:
    """Yield the apps with a generated contract that are not ``known``, by their labels.

    An app from outside of the project is none of its business, unless its contract is in the
    project's ROOT_GRPC_FOLDER.
    """
    for config in apps.get_app_configs():
        if config.label not in known and not config.path.startswith(LIBRARIES):
            home = Path(config.path)
            for path in _contracts(home, f"*/{config.label}.proto", f"*/*/{config.label}.proto"):
                yield _app(config.label, config.name, import_root(config.name), home, path)
    root = getattr(settings, "BASE_DIR", None)
    if root is not None:
        root = Path(root).resolve()
        home = root.joinpath(*grpc_settings.ROOT_GRPC_FOLDER.split("."))
        for path in _contracts(home, "*/*.proto"):
            if path.stem not in known:
                yield _app(path.stem, path.stem, root, home, path)


def _contracts(home: Path, *patterns: str) -> Iterator[Path]:
    """The generated files that have a service, for one without has lost nothing."""
    for pattern in patterns:
        for path in sorted(home.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            if is_generated(text) and SERVICE.search(text):
                yield path


def _app(label: str, package: str, root: Path, home: Path, path: Path) -> RegisteredApp:
    return RegisteredApp(
        app_label=label,
        package=package,
        import_root=root,
        pb2_package=".".join(path.parent.relative_to(root).parts),
        home=home,
    )
