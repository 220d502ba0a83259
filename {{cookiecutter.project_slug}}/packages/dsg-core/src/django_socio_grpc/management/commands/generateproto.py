"""``manage.py generateproto``: writes the contract of every app, or checks it."""

import difflib
import traceback
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from django_socio_grpc.contract.files import contract, stub_texts
from django_socio_grpc.exceptions import GENERATE, ConfigurationError, ProtobufGenerationException
from django_socio_grpc.import_failures import import_failure
from django_socio_grpc.management.modes import apps_with_a_contract
from django_socio_grpc.management.stand_ins import stand_ins


class GenerationError(CommandError, ProtobufGenerationException):
    """What stops the command; who calls it from code may know it as either."""


class Command(BaseCommand):
    help = "Write the .proto file of every app that serves gRPC, and the Python stubs for it."
    requires_system_checks = ()  # they look at the stubs, which may be what is to be made

    def add_arguments(self, parser: ArgumentParser) -> None:
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument(
            "-dr", "--dry-run", action="store_true", help="Print the .proto files, write nothing."
        )
        mode.add_argument(
            "-c",
            "--check",
            action="store_true",
            help="Write nothing; fail with a diff if a file is not what would be written.",
        )
        parser.add_argument(
            "-nopb2", "--no-generate-pb2", action="store_true", help="Leave the stubs out."
        )
        parser.add_argument(
            "-d",
            "--directory",
            type=Path,
            help="Write the .proto files into this folder, and no stubs.",
        )
        parser.add_argument(
            "-p",
            "--project",
            default="",
            help="Make the package PROJECT.APP. Default: that of the existing file, else what "
            "PROTO_PACKAGE says.",
        )
        parser.add_argument(
            "-ofn",
            "--override-fields-number",
            action="store_true",
            help="Number all fields anew. Breaks every client that is in use.",
        )
        parser.add_argument(
            "--allow-breaking",
            action="store_true",
            help="Write a contract that breaks clients of the existing one.",
        )
        parser.add_argument(
            "-cv",
            "--custom-verbose",
            type=int,
            default=0,
            metavar="LEVEL",
            help="1 lists the services of each app.",
        )
        parser.add_argument(
            "-a",
            "--extra-args",
            action="append",
            default=[],
            metavar="ARG",
            help="One more argument for protoc, as -a=--fatal_warnings. May be repeated.",
        )

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        with _readable_errors():
            with stand_ins():
                files = self._files(options)
            if options["dry_run"]:
                protos = (text for path, text in files.items() if _is_proto(path))
                self.stdout.write("\n".join(protos))
            elif options["check"]:
                _check(files)
                self.stdout.write(f"{len(files)} files are up to date.")
            else:
                self._write(files)

    def _files(self, options: Mapping[str, Any]) -> dict[Path, str]:
        """The text of every file of every app, by path. Nothing is written yet."""
        files: dict[Path, str] = {}
        owners: dict[str, str] = {}
        for app in apps_with_a_contract(allow_breaking=options["allow_breaking"]):
            if options["custom_verbose"]:
                names = ", ".join(service.__name__ for service in app.services)
                self.stdout.write(f"{app.app_label}: {names}")
            folder = options["directory"]
            target = app.proto_path if folder is None else Path(folder, app.proto_path.name)
            text, removed, full_names = contract(
                app,
                existing=app.proto_path if app.proto_path.exists() else target,
                project=options["project"],
                renumber=options["override_fields_number"],
                allow_breaking=options["allow_breaking"],
            )
            _check_unique(app.app_label, full_names, owners)
            for line in removed:
                self.stdout.write(f"// {line}" if options["dry_run"] else line)
            files[target] = text
            if folder is None and not options["no_generate_pb2"]:
                files.update(stub_texts(app, text, options["extra_args"]))
        return files

    def _write(self, files: Mapping[Path, str]) -> None:
        for path, text in files.items():
            changed = _existing(path) != text
            if changed:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            self.stdout.write(f"{'written' if changed else 'unchanged':9}  {path}")


def _check_unique(label: str, full_names: Iterable[str], owners: dict[str, str]) -> None:
    """A process can import one message of a name only."""
    for name in full_names:
        other = owners.setdefault(name, label)
        if other != label:
            raise GenerationError(
                f"The apps {other!r} and {label!r} both have {name}. Give them packages of their "
                "own, with {app} in GRPC_FRAMEWORK['PROTO_PACKAGE'], or rename one."
            )


def _check(files: Mapping[Path, str]) -> None:
    diffs = [diff for path, text in files.items() if (diff := _diff(path, text))]
    if diffs:
        raise GenerationError(
            "\n".join([*diffs, f"{len(diffs)} files are out of date. {GENERATE}"])
        )


def _diff(path: Path, text: str) -> str:
    existing = _existing(path)
    if existing is None:
        return f"{path} is missing."
    if existing == text:
        return ""
    if not _is_proto(path):  # made from the .proto, so its diff says nothing more
        return f"{path} differs: it was edited, or is of another .proto or grpcio-tools."
    lines = existing.splitlines(), text.splitlines()
    return "\n".join(difflib.unified_diff(*lines, str(path), "what the services say", lineterm=""))


def _existing(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _is_proto(path: Path) -> bool:
    return path.suffix == ".proto"


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Whatever goes wrong is one message; ``--traceback`` shows where it comes from."""
    try:
        yield
    except CommandError:
        raise
    except (ConfigurationError, ProtobufGenerationException, ImportError) as exc:
        raise GenerationError(f"{exc}{_importer(exc)}") from exc
    except OSError as exc:
        raise GenerationError(f"The contract cannot be read or written: {exc}") from exc
    except UnicodeDecodeError as exc:
        raise GenerationError(f"A file of the contract is not in UTF-8: {exc}") from exc
    except Exception as exc:  # whatever the code of a project raises when it is looked at
        raise GenerationError(import_failure(exc)) from exc


def _importer(exc: BaseException) -> str:
    """Where the import is that failed, if one did."""
    while exc.__cause__ is not None:
        exc = exc.__cause__
    if not isinstance(exc, ImportError):
        return ""
    frames = traceback.extract_tb(exc.__traceback__)
    *_, frame = (frame for frame in frames if not frame.filename.startswith("<frozen"))
    return f"\nThe import is in {frame.filename}, line {frame.lineno}: {frame.line}"
