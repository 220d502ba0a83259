"""``manage.py startservice NAME [--app APP] [--fields "title:str pages:int?"]``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from django_socio_grpc.management.scaffold.columns import KINDS, Column, read_columns
from django_socio_grpc.management.scaffold.files import plan_files, service_classes
from django_socio_grpc.management.scaffold.names import Names, read_names
from django_socio_grpc.management.scaffold.registration import registration

DEFAULT_FIELDS = "name:str"


class Command(BaseCommand):
    help = (
        "Make a service with its model, serializer and tests, and say what is left to do. "
        "No file is overwritten; to models.py and serializers.py that are there, it adds."
    )
    requires_system_checks = ()  # a project that does not check may want a service all the same

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="What it serves: Room, or room_booking.")
        parser.add_argument(
            "--app", default="", help="An app, made if it is not there. Default: the plural."
        )
        parser.add_argument(
            "--fields",
            default="",
            help=f"Those of a new model, as NAME:KIND, or NAME:KIND? where it may be empty. "
            f"Kinds: {', '.join(KINDS)}. Default: {DEFAULT_FIELDS}. A model that the app has "
            "already is served with its fields.",
        )
        colour = parser.add_mutually_exclusive_group()
        for name in ("sync", "async"):
            colour.add_argument(
                f"--{name}",
                dest="colour",
                action="store_const",
                const=name,
                default="both",
                help=f"Make the {name} service only, for both servers.",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        names = read_names(options["name"], options["app"])
        columns = _columns(names, options["fields"])
        files = plan_files(names, columns, options["colour"])
        files.write()
        for path in files.new:
            self.stdout.write(f"written  {_short(path)}")
        for path in files.changed:
            self.stdout.write(f"added to {_short(path)}")
        self.stdout.write(_rest(names, columns, options["colour"]))


def _columns(names: Names, text: str) -> tuple[Column, ...]:
    """The columns of a new model; none if the app has the model."""
    if not _has_model(names):
        return read_columns(text or DEFAULT_FIELDS)
    if text:
        raise CommandError(
            f"{names.app} has a model {names.model} already. Leave --fields out to serve it, or "
            "give another NAME."
        )
    return ()


def _has_model(names: Names) -> bool:
    try:
        return names.config is not None and bool(names.config.get_model(names.model))
    except LookupError:
        return False


def _rest(names: Names, columns: tuple[Column, ...], colour: str) -> str:
    """What is left to do, in the order in which it is done."""
    steps = []
    if names.config is None:
        steps.append(f'Add to INSTALLED_APPS in {settings.SETTINGS_MODULE}:\n\n    "{names.app}",')
    module, imports, lines = registration(names, service_classes(names, colour))
    code = "\n".join([*(f"    {line}" for line in imports), "", *(f"        {x}" for x in lines)])
    steps.append(f"Add to {module}: the imports, and the last lines of the function\n\n{code}")
    commands = [f"python manage.py makemigrations {names.label}"] if columns else []
    commands += ["python manage.py generateproto", f"pytest {names.app.replace('.', '/')}"]
    steps.append("Run:\n\n" + "\n".join(f"    {command}" for command in commands))
    return "\n" + "\n\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
