"""What a new service and its app are called, or why they cannot be."""

import keyword
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from django.apps import AppConfig, apps
from django.core.management.base import CommandError
from django.utils.text import camel_case_to_spaces

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
VOWELS = "aeiou"
INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """``model`` is ``RoomBooking``, ``words`` ``room booking``; ``app`` the app's package and
    ``folder`` where that is. ``config`` is the app itself, if it is installed.
    """

    model: str
    words: str
    app: str
    label: str
    folder: Path
    config: AppConfig | None

    @property
    def snake(self) -> str:
        return self.words.replace(" ", "_")

    @property
    def plural(self) -> str:
        return plural(self.words)

    @property
    def serializer(self) -> str:
        return f"{self.model}ProtoSerializer"

    def service(self, *, sync: bool, alone: bool) -> tuple[str, str]:
        """The module, in ``services``, and the class of a variant."""
        if sync and not alone:
            return f"{self.snake}_sync_service", f"{self.model}SyncService"
        return f"{self.snake}_service", f"{self.model}Service"


def read_names(name: str, app: str) -> Names:
    """Return the names of the service ``name`` in ``app``, by default its plural.

    Raises:
        CommandError: a name cannot be used; the message says why.
    """
    model = _model_name(name)
    words = camel_case_to_spaces(model)
    app = app or plural(words).replace(" ", "_")
    config = _installed(app)
    if config is None:
        _check_new_app(app)
        return Names(
            model=model, words=words, app=app, label=app, folder=Path.cwd() / app, config=None
        )
    folder = Path(config.path)
    if any(part in INSTALLED for part in folder.parts):
        raise CommandError(
            f"--app {app}: {config.name} is an installed package. Name an app of this project."
        )
    return Names(
        model=model,
        words=words,
        app=config.name,
        label=config.label,
        folder=folder,
        config=config,
    )


def plural(words: str) -> str:
    """``room booking`` -> ``room bookings``, ``library`` -> ``libraries``; a last s stays."""
    if words.endswith("y") and words[-2:-1] not in VOWELS:
        return f"{words[:-1]}ies"
    if words.endswith(("ch", "sh", "x")):
        return f"{words}es"
    return words if words.endswith("s") else f"{words}s"


def _model_name(name: str) -> str:
    """``RoomBooking`` from that, from ``room_booking`` or from ``RoomBookingService``."""
    bare = name.removesuffix("Service").removesuffix("_service")
    if not NAME.fullmatch(bare):
        raise CommandError(
            f"{name!r} is not a name for a service. Give one of letters, digits and single "
            "underscores, with a letter first: Room or room_booking."
        )
    model = "".join(part[0].upper() + part[1:] for part in bare.split("_"))
    if keyword.iskeyword(model) or keyword.iskeyword(bare):
        raise CommandError(f"{name!r} is a keyword of Python. Give another name.")
    return model


def _installed(app: str) -> AppConfig | None:
    configs = apps.get_app_configs()
    by_name = [config for config in configs if config.name == app]
    return next(iter(by_name or [config for config in configs if config.label == app]), None)


def _check_new_app(app: str) -> None:
    if not app.isidentifier() or not app.isascii() or app != app.lower():
        raise CommandError(
            f"--app {app}: no app of the project, and not a name for a new one. Give one of "
            "lower-case letters, digits and underscores, with a letter first."
        )
    if keyword.iskeyword(app):
        raise CommandError(f"--app {app}: a keyword of Python. Give another name.")
    folder = Path.cwd() / app
    if folder.exists():
        raise CommandError(
            f"--app {app}: {folder} is there, and no installed app. Add {app!r} to "
            "INSTALLED_APPS if it is one, or give another name."
        )
    if find_spec(app) is not None:
        raise CommandError(
            f"--app {app}: there is a Python module of that name. Give another one."
        )
