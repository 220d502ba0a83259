"""The files of one app's contract: the ``.proto`` and the modules that protoc makes of it."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Protocol

from django_socio_grpc.schema import numbers, protoc
from django_socio_grpc.schema.introspect import app_spec
from django_socio_grpc.schema.render import render


class App(Protocol):
    """An app that has a contract: ``import_root`` is the folder that its package is in."""

    @property
    def app_label(self) -> str: ...
    @property
    def services(self) -> Sequence[type]: ...
    @property
    def import_root(self) -> Path: ...
    @property
    def proto_path(self) -> Path: ...


def contract_text(
    app: App,
    *,
    existing: Path,
    project: str = "",
    renumber: bool = False,
    allow_breaking: bool = False,
) -> str:
    """Return the text of the app's ``.proto``. Numbers and package are kept from ``existing``.

    ``project`` goes before the app's label in the package. ``renumber`` starts from 1 again.

    Raises:
        ConfigurationError: a service cannot be put in a contract.
        ProtobufGenerationException: it would break the clients of ``existing``, or protoc
            does not take that file, or the new one.
    """
    previous = None
    if existing.exists():
        text = existing.read_text(encoding="utf-8")
        previous = protoc.parse(text, _name(app), import_root=app.import_root)
    package = f"{project}.{app.app_label}" if project else ""
    if not package and previous is not None:
        package = previous.package
    spec = app_spec(app.app_label, app.services, package=package)
    kept = None if renumber else previous
    text = render(numbers.assign(spec, kept, allow_breaking=allow_breaking))
    protoc.parse(text, _name(app), import_root=app.import_root)
    return text


def stub_texts(app: App, text: str, extra_args: Sequence[str] = ()) -> dict[Path, str]:
    """Return the modules that protoc makes of ``text``, by path; the package they are in too."""
    modules = protoc.compile_stubs(
        text, _name(app), import_root=app.import_root, extra_args=extra_args
    )
    texts = {app.import_root / name: module for name, module in modules.items()}
    package = app.proto_path.parent / "__init__.py"
    return texts if package.exists() else {package: "", **texts}


def _name(app: App) -> PurePath:
    return PurePath(app.proto_path.relative_to(app.import_root))
