"""``manage.py grpcapikey create|list|revoke|rotate``"""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.module_loading import import_string

from django_socio_grpc.apikeys.models import NAME, APIKey
from django_socio_grpc.apikeys.periods import read_period
from django_socio_grpc.apikeys.scopes import read_scopes
from django_socio_grpc.rates import read_rate

ONCE = "This is the only time that it is shown."
WARNINGS = "django_socio_grpc.management.scopes.warnings"
"""Imported when it is needed: what is served stands above the keys, and loads all services."""


def _argument(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return read(text)
        except ValueError as exc:
            raise ArgumentTypeError(str(exc)) from None

    return convert


def _name(text: str) -> str:
    """A line of text, as the list shows it: nothing in it moves the cursor of a terminal."""
    name = text.strip()
    if not name or not name.isprintable() or len(name) > NAME:
        raise ValueError(f"{text!r} is no name. Give one line of 1 to {NAME} characters.")
    return name


def _lifetime(text: str) -> timedelta | None:
    lifetime = None if text == "never" else read_period(text)
    if lifetime == timedelta():
        raise ValueError(f"{text!r}: the key would have ended. Give more, as in 90d, or never.")
    return lifetime


def _rate(text: str) -> str:
    read_rate(text)
    return text


def _scope(text: str) -> str:
    return read_scopes([text])[0]


class Command(BaseCommand):
    help = "Make, list, revoke and rotate API keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
        create = commands.add_parser(
            "create", help="Make a key. It is all that is printed to stdout, and only now."
        )
        create.add_argument(
            "--name", required=True, type=_argument(_name), help="Who or what is to use it."
        )
        create.add_argument("--user", help="Its owner, by their name. Default: nobody.")
        create.add_argument(
            "--scope",
            action="append",
            required=True,
            type=_argument(_scope),
            help="What it may call: questions.QuestionController.List, questions.*, or * for "
            "all. May be given several times.",
        )
        create.add_argument(
            "--expires",
            required=True,
            type=_argument(_lifetime),
            metavar="PERIOD",
            help="After what time it ends: 90d, 12h, or never.",
        )
        create.add_argument(
            "--rate",
            type=_argument(_rate),
            help="How often it may call, where a service limits that: 100/minute.",
        )
        listing = commands.add_parser("list", help="List the keys, without what is secret.")
        listing.add_argument("--all", action="store_true", help="Those that have ended too.")
        revoke = commands.add_parser("revoke", help="Let a key open nothing any more.")
        rotate = commands.add_parser(
            "rotate", help="Make a key that takes the place of another, and print it as create."
        )
        for each in (revoke, rotate):
            each.add_argument("key", metavar="KEY", help="Its id, or what it begins with.")
        rotate.add_argument(
            "--overlap",
            default="7d",
            type=_argument(read_period),
            metavar="PERIOD",
            help="How long the old one goes on at most. Default: 7d.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['command']}")(**options)
        except DatabaseError as exc:
            # PostgreSQL goes on to show the query.
            reason = str(exc).partition("\n")[0]
            raise CommandError(
                f"The database does not take it ({reason}). Has `manage.py migrate` run, and is "
                "it the database of DATABASES?"
            ) from exc

    def _create(self, *, name: str, scope: list[str], **options: Any) -> None:
        lifetime: timedelta | None = options["expires"]
        row, text = APIKey.objects.issue(
            name=name,
            user=_user(options["user"]),
            scopes=scope,
            expires_at=None if lifetime is None else timezone.now() + lifetime,
            rate=options["rate"] or "",
        )
        for line in import_string(WARNINGS)(row.scopes):
            self.stderr.write(f"Warning: {line}")
        self._show(row, text)

    def _list(self, **options: Any) -> None:
        keys = [key for key in APIKey.objects.select_related("user") if _is_shown(key, options)]
        if not keys:
            self.stderr.write("There is no key.")
            return
        self.stdout.write("\n".join(_table(keys)))

    def _revoke(self, *, key: str, **options: Any) -> None:
        row = _find(key)
        row.revoke()
        self.stderr.write(f"The key {row} is revoked.")

    def _rotate(self, *, key: str, overlap: timedelta, **options: Any) -> None:
        old = _find(key)
        try:
            row, text = old.rotate(overlap)
        except ValueError as exc:
            raise CommandError(str(exc)) from None
        self.stderr.write(f"The key {old} ends at {_moment(old.expires_at)}.")
        self._show(row, text)

    def _show(self, row: APIKey, text: str) -> None:
        ends = "never ends" if row.expires_at is None else f"ends at {_moment(row.expires_at)}"
        self.stderr.write(f"The key {row} {ends}. {ONCE}")
        self.stdout.write(text)


def _user(name: str | None) -> Any:
    if name is None:
        return None
    model = get_user_model()
    try:
        return model.objects.get_by_natural_key(name)
    except model.DoesNotExist:
        raise CommandError(f"There is no user {name!r}.") from None


def _find(text: str) -> APIKey:
    """The key that ``text`` is the id or the beginning of; of a whole key, the secret is cut."""
    parts = text.split("_")
    # grpc_live_ID, and the same with what follows, or the beginning of an id.
    places = [index for index, part in enumerate(parts) if part in {"live", "test"}]
    start = parts[places[0] + 1] if places and len(parts) > places[0] + 1 else text
    found = list(APIKey.objects.select_related("user").filter(pk__startswith=start)[:2])
    if not start or not found:
        raise CommandError("There is no such key. `grpcapikey list --all` has them all.")
    if len(found) > 1:
        raise CommandError(f"Several keys begin with {start!r}. Give more of it.")
    return found[0]


def _is_shown(key: APIKey, options: dict[str, Any]) -> bool:
    return options["all"] or key.refusal not in {"revoked", "expired"}


def _table(keys: Sequence[APIKey]) -> Iterator[str]:
    rows = [("KEY", "NAME", "USER", "STATE", "EXPIRES", "LAST USED", "RATE", "SCOPES")]
    rows += [
        (
            key.shown,
            key.name,
            str(key.user or "-"),
            _state(key),
            _moment(key.expires_at),
            _moment(key.last_used_at),
            key.rate or "-",
            " ".join(key.scopes) or "-",
        )
        for key in keys
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(cell.ljust(width) for cell, width in cells).rstrip()


def _state(key: APIKey) -> str:
    if key.refusal:
        return key.refusal
    return "ok" if key.replaced_by_id is None else f"replaced by {key.replaced_by_id}"


def _moment(moment: datetime | None) -> str:
    return (
        "-"
        if moment is None
        else f"{moment.astimezone(timezone.get_default_timezone()):%Y-%m-%d %H:%M %Z}"
    )
