"""The files of one app's contract: the ``.proto`` and the modules that protoc makes of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple, Protocol

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from django_socio_grpc.contract import descriptors, numbers, options, protoc, removals, stubs
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.packages import package_of
from django_socio_grpc.contract.render import HEADER, render
from django_socio_grpc.exceptions import ProtobufGenerationException
from django_socio_grpc.schema.model import AppSpec


class App(Protocol):
    """An app that has a contract.

    ``import_root`` is the folder that its generated modules are imported from, ``home`` the one
    within which they are to be found.
    """

    @property
    def app_label(self) -> str: ...
    @property
    def home(self) -> Path: ...
    @property
    def services(self) -> Sequence[type]: ...
    @property
    def import_root(self) -> Path: ...
    @property
    def proto_path(self) -> Path: ...


class Contract(NamedTuple):
    """The text of a ``.proto``, and a line for each thing that it no longer has.

    ``full_names`` are those of its services, messages and enums.
    """

    text: str
    removed: tuple[str, ...]
    full_names: tuple[str, ...]


def contract(
    app: App,
    *,
    existing: Path,
    project: str = "",
    renumber: bool = False,
    allow_breaking: bool = False,
) -> Contract:
    """Return the app's ``.proto``. Numbers, options and package are kept from ``existing``.

    ``project`` goes before the app's label in the package. ``renumber`` starts from 1 again.

    Raises:
        ConfigurationError: a service cannot be put in a contract.
        ProtobufGenerationException: it would break the clients of ``existing``, or that file is
            lost, or protoc does not take it, or the new one.
    """
    lost = not existing.exists()
    previous = None if lost and renumber else _previous(app, existing)
    if previous is None or project:
        package = package_of(app.app_label, project)
    else:
        package = previous.package
    spec = app_spec(app.app_label, app.services, package=package)
    kept = None if renumber else previous
    new = numbers.assign(spec, kept, allow_breaking=allow_breaking)
    removed: tuple[str, ...] = ()
    if previous is not None:
        old = descriptors.read(previous)
        new, removed = options.carried(new, old), tuple(removals.find(old, new))
    text = render(new)
    protoc.parse(text, _name(app), import_root=app.import_root)
    return Contract(text, removed, tuple(_full_names(new)))


def stub_texts(app: App, text: str, extra_args: Sequence[str] = ()) -> dict[Path, str]:
    """Return the modules that protoc makes of ``text``, by path; the package they are in too."""
    modules = protoc.compile_stubs(
        text, _name(app), import_root=app.import_root, extra_args=extra_args
    )
    texts = {app.import_root / name: module for name, module in modules.items()}
    package = app.proto_path.parent / "__init__.py"
    return texts if package.exists() else {package: "", **texts}


def is_generated(text: str) -> bool:
    """Whether ``text`` is a ``.proto`` that was not written by hand."""
    return HEADER.partition("\n")[0] in text


def _full_names(spec: AppSpec) -> Iterator[str]:
    for parts in (spec.services, spec.messages, spec.enums):
        yield from (f"{spec.package}.{part.name}" for part in parts)


def _previous(app: App, existing: Path) -> FileDescriptorProto | None:
    """The contract that clients may have, if there is one; its stubs tell it as well."""
    if existing.exists():
        text = existing.read_text(encoding="utf-8")
        return protoc.parse(text, _name(app), import_root=app.import_root)
    proto = app.proto_path
    stub = proto.with_name(f"{proto.stem}_pb2.py")
    found = stubs.contract_in(stub.read_text(encoding="utf-8")) if stub.exists() else None
    for trace in () if found else _traces(app, proto, stub):
        raise ProtobufGenerationException(
            f"{proto} is missing, and {trace}, so that all fields keep their numbers, or number "
            "them anew with `generateproto --override-fields-number`."
        )
    return found


def _traces(app: App, proto: Path, stub: Path) -> Iterator[str]:
    """What shows that there was a contract, and what to do to have it again."""
    if stub.exists():
        yield f"{stub}, made of it, cannot be read. Restore the .proto"
    for name in (proto.name, stub.name):
        for other in sorted(app.home.rglob(name)):
            yield f"there is {other}. Move that folder to {proto.parent}"
    for other in sorted(proto.parent.glob(f"{stub.stem}*")):
        yield f"there is {other}, made of it. Restore the .proto"
    for other in sorted(proto.parent.glob("*.proto")):
        if is_generated(other.read_text(encoding="utf-8")):
            yield f"there is {other}. If that is how the app was called, rename the file"


def _name(app: App) -> PurePath:
    return PurePath(app.proto_path.relative_to(app.import_root))
