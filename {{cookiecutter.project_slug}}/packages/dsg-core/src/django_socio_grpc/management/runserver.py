"""What ``grpcrunserver`` and ``grpcrunaioserver`` have in common: all but the server."""

import math
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any, ClassVar

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

import django_socio_grpc
from django_socio_grpc import actions
from django_socio_grpc.address import parse_address
from django_socio_grpc.checks import TAG
from django_socio_grpc.management import reloader
from django_socio_grpc.server import AioServer, ServerConfig, SyncServer
from django_socio_grpc.server.garbage import collect_rarely
from django_socio_grpc.settings import grpc_settings

Server = AioServer | SyncServer


class RunServerCommand(BaseCommand):
    """Serves the registered services until SIGTERM or SIGINT; exits with 0 after a clean stop."""

    server_class: ClassVar[type[AioServer] | type[SyncServer]]
    requires_system_checks = (TAG,)  # --dev runs the others too

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "address", nargs="?", default="", help="HOST:PORT or PORT; default [::]:50051"
        )
        parser.add_argument(
            "--max-workers", type=_positive, help="threads for sync handlers at most"
        )
        parser.add_argument(
            "--grace", type=_seconds, help="seconds for calls in flight after SIGTERM or SIGINT"
        )
        parser.add_argument(
            "--reflection", action="store_true", help="let clients ask for the contract"
        )
        parser.add_argument(
            "--dev", action="store_true", help="run the checks, and restart when code changes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dev"] and not reloader.is_child():
            reloader.watch(self.say)
            self.say("Stopped.")
            return
        try:
            if options["dev"]:
                self.check(display_num_errors=True)
                self.check_migrations()
            self.serve(**options)
        except ImproperlyConfigured as exc:
            raise CommandError(str(exc)) from exc
        if not options["dev"]:  # its parent says it
            self.say("Stopped.")

    def serve(
        self,
        *,
        address: str,
        max_workers: int | None = None,
        grace: float | None = None,
        reflection: bool = False,
        **options: Any,
    ) -> None:
        grpc_settings.check()
        # Before the hook is imported: it may decide by the mode what it imports.
        grpc_settings.GRPC_ASYNC = self.server_class is AioServer
        config = ServerConfig(
            address=parse_address(
                address, grpc_settings.GRPC_CHANNEL_PORT, grpc_settings.GRPC_HOST
            ),
            max_workers=grpc_settings.MAX_WORKERS if max_workers is None else max_workers,
            grace=grpc_settings.SHUTDOWN_GRACE if grace is None else grace,
            reflection=reflection or grpc_settings.ENABLE_REFLECTION,
        )
        leaving = self.announce_stop if not options["dev"] else lambda server: None
        self.server_class(config).run(self.announce, leaving)

    def announce(self, server: Server) -> None:
        collect_rarely()
        version = django_socio_grpc.__version__
        self.say(
            f"gRPC {server.mode} server: django_socio_grpc {version}, Django {django.__version__}"
        )
        rpcs = {
            f"{service.proto_package}.{service.get_controller_name()}": actions.collect(service())
            for app in server.apps.values()
            for service in app.services
        }
        for name in server.services:
            self.say(f"  {name}: {', '.join(sorted(rpcs[name]))}" if name in rpcs else f"  {name}")
        self.say(f"Listening on {server.address}")
        self.say("Quit with CONTROL-C.")

    def announce_stop(self, server: Server) -> None:
        self.say(f"Stopping: waiting for calls in flight (up to {server.config.grace:g} s).")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"give a whole number above 0, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ArgumentTypeError(f"give a number of seconds, 0 or more, not {text!r}")
    return value
