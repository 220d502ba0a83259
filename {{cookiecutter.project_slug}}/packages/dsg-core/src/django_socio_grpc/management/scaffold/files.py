"""The files of a new service: made from ``templates``, or added to what is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from django.core.management.base import CommandError

from django_socio_grpc.management.scaffold.columns import MESSAGES, Column
from django_socio_grpc.management.scaffold.names import Names
from django_socio_grpc.management.scaffold.sources import WIDTH, extended, has_class
from django_socio_grpc.settings import grpc_settings

TEMPLATES = Path(__file__).with_name("templates")
VARIANTS = {"async": (False,), "sync": (True,), "both": (False, True)}


@dataclass(slots=True, kw_only=True)
class Files:
    """``new`` and ``changed`` files with the text that each of them gets."""

    new: dict[Path, str] = field(default_factory=dict)
    changed: dict[Path, str] = field(default_factory=dict)

    def check(self) -> None:
        """Raise CommandError if a file is there that is to be new."""
        there = [str(path) for path in self.new if path.exists()]
        if there:
            raise CommandError(
                f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there, and no file is "
                "overwritten. Move what is there, or give another NAME or --app."
            )

    def write(self) -> None:
        for path, text in (self.new | self.changed).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")


def service_classes(names: Names, colour: str) -> list[tuple[str, str]]:
    """The module and the class of each variant, the async one first."""
    alone = colour != "both"
    return [names.service(sync=sync, alone=alone) for sync in VARIANTS[colour]]


def plan_files(names: Names, columns: Sequence[Column], colour: str) -> Files:
    """Say what is written, where. Without ``columns`` the model is there.

    Raises:
        CommandError: something is in the way.
    """
    files = Files()
    if names.config is None:
        _add_app(files, names)
    if columns:
        _add_model(files, names, columns)
    _add_serializer(files, names, columns)
    _add_packages(files, names)
    _add_services(files, names, colour)
    _add_test(files, names, columns)
    files.check()
    return files


def _add_app(files: Files, names: Names) -> None:
    title = "".join(part.capitalize() for part in names.app.split("_"))
    files.new[names.folder / "__init__.py"] = ""
    files.new[names.folder / "apps.py"] = _text(names, "apps", config=f"{title}Config")
    files.new[names.folder / "migrations/__init__.py"] = ""
    files.new[names.folder / "tests/__init__.py"] = ""


def _add_model(files: Files, names: Names, columns: Sequence[Column]) -> None:
    if (names.folder / "models").is_dir():
        raise CommandError(
            f"{names.folder / 'models'} is a package. Add the model {names.model} to it, and run "
            "this again without --fields."
        )
    text = next((column.name for column in columns if column.kind == "str"), "")
    cls = _text(
        names,
        "model",
        columns="\n".join(f"    {column.declaration}" for column in columns),
        shown=f"self.{text}" if text else 'f"' + names.words + ' {self.pk}"',
    )
    _add(files, names.folder / "models.py", _text(names, "models"), cls)


def _add_serializer(files: Files, names: Names, columns: Sequence[Column]) -> None:
    path = names.folder / "serializers.py"
    if path.exists() and has_class(path, names.serializer):
        return
    fields = [f'"{name}"' for name in _fields(names, columns)]
    line = f"[{', '.join(fields)}]"
    if len(line) > WIDTH - len("        fields = "):
        line = "\n".join(["[", *(f"            {item}," for item in fields), "        ]"])
    cls = _text(names, "serializer", fields=line)
    _add(files, path, _text(names, "serializers"), cls)


def _fields(names: Names, columns: Sequence[Column]) -> Iterator[str]:
    if names.config is None or columns:
        yield from ["id", *(column.name for column in columns)]
        return
    for column in names.config.get_model(names.model)._meta.get_fields():
        if column.concrete and not (column.many_to_many and column.auto_created):
            yield column.name


def _add(files: Files, path: Path, head: str, cls: str) -> None:
    """Add ``cls`` to the file, which begins with ``head`` if it is new."""
    if path.exists():
        files.changed[path] = extended(path, head, cls)
    else:
        files.new[path] = f"{head}\n\n{cls}"


def _add_packages(files: Files, names: Names) -> None:
    for package in (names.folder / "services", names.folder / "grpc"):
        if package.with_suffix(".py").exists():
            raise CommandError(
                f"{package}.py is a module, and the {package.name} are to be a package. Make it "
                f"{package}/__init__.py."
            )
        if not (package / "__init__.py").exists():
            files.new[package / "__init__.py"] = ""


def _add_services(files: Files, names: Names, colour: str) -> None:
    both = colour == "both"
    for sync in VARIANTS[colour]:
        module, cls = names.service(sync=sync, alone=not both)
        files.new[names.folder / "services" / f"{module}.py"] = _text(
            names,
            "service",
            service=cls,
            base="ModelService" if sync else "AsyncModelService",
            server=f", for the {'sync' if sync else 'aio'} server" if both else "",
            # The name on the wire is that of the other variant.
            service_name=f'    service_name = "{names.model}"\n' if sync and both else "",
        )


def _add_test(files: Files, names: Names, columns: Sequence[Column]) -> None:
    # A package beside the tests.py of `startapp` would hide it.
    single = (names.folder / "tests.py").exists()
    folder = names.folder if single else names.folder / "tests"
    template = "test_new" if columns else "test_existing"
    text = _text(names, template, **_values(columns))
    files.new[folder / f"test_{names.snake}_service.py"] = text


def _values(columns: Sequence[Column]) -> dict[str, str]:
    """What the tests write: into an object, and into a request."""
    values = _items({column.name: column.sample for column in columns})
    messages = {
        column.name: MESSAGES[column.kind]
        for column in columns
        if grpc_settings.WELL_KNOWN_TYPES and column.kind in MESSAGES
    }
    if not messages:
        return {"values": values, "sent": "VALUES", "messages": ""}
    differ = "\nSENT: dict[str, Any] = VALUES | {\n" + _items(messages) + "\n}"
    return {"values": values, "sent": "SENT", "messages": differ}


def _items(values: Mapping[str, str]) -> str:
    return "\n".join(f'    "{name}": {value},' for name, value in values.items())


def _text(names: Names, template: str, **values: Any) -> str:
    article = "An" if names.words[0] in "aeiou" else "A"
    return Template((TEMPLATES / f"{template}.py-tpl").read_text(encoding="utf-8")).substitute(
        app=names.app,
        label=names.label,
        Model=names.model,
        serializer=names.serializer,
        snake=names.snake,
        plural=names.plural.replace(" ", "_"),
        Plural=names.plural.capitalize(),
        One=f"{article} {names.words}",
        **values,
    )
