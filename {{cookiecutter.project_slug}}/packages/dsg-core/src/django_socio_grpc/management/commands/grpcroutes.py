"""``manage.py grpcroutes [--sync] [--json]``"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.management.routes import POLICIES, Route, routes

PACKAGES = ("google.protobuf.",)
"""Where messages are that everybody knows without them."""


class Command(BaseCommand):
    help = "List the rpcs that a server would serve: how each is run, and what guards it."
    requires_system_checks = ()  # it looks, and changes nothing

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sync",
            action="store_true",
            help="Of grpcrunserver. Default: of grpcrunaioserver.",
        )
        parser.add_argument("--json", action="store_true", help="A list of objects, one each.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = routes(aio=not options["sync"])
        except ConfigurationError as exc:
            raise CommandError(str(exc)) from exc
        if options["json"]:
            self.stdout.write(json.dumps([asdict(route) for route in found], indent=2))
            return
        if not found:
            raise CommandError("No service is registered, so there is nothing to list.")
        self.stdout.write("\n".join(_text(found)))


def _text(found: Sequence[Route]) -> Iterator[str]:
    """A paragraph for each service: its name, what guards it, and a line for each rpc."""
    table = {route.path: _row(route) for route in found}
    widths = [max(map(len, column)) for column in zip(*table.values(), strict=True)]
    separator = ""
    for path, group in groupby(found, key=lambda route: route.path.rpartition("/")[0]):
        of_service = list(group)
        yield f"{separator}{path.removeprefix('/')}  {of_service[0].service}"
        for policy in POLICIES:
            if names := getattr(of_service[0], policy):
                yield f"  {policy}: {', '.join(names)}"
            elif policy == "permissions":
                yield f"  {policy}: none, so everybody may call"
        for route in of_service:
            cells = zip(table[route.path], widths, strict=True)
            yield f"    {'  '.join(cell.ljust(width) for cell, width in cells if width)}".rstrip()
        separator = "\n"


def _row(route: Route) -> tuple[str, ...]:
    *_, rpc = route.path.split("/")
    messages = f"{_short(route, route.request)} -> {_short(route, route.response)}"
    atomic = f"atomic ({', '.join(route.atomic)})" if route.atomic else ""
    return rpc, route.kind, route.handler, atomic, messages


def _short(route: Route, message: str) -> str:
    """The message without the package, if that is the service's own or a well-known one."""
    package = route.path.removeprefix("/").rpartition("/")[0].rpartition(".")[0]
    for prefix in (f"{package}.", *PACKAGES):
        if message.startswith(prefix):
            return message.removeprefix(prefix)
    return message
