"""What ``grpcrunserver`` and ``grpcrunaioserver`` have in common: all but the server."""

from argparse import ArgumentParser
from typing import Any, ClassVar

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils import autoreload

import django_socio_grpc
from django_socio_grpc import actions
from django_socio_grpc.address import parse_address
from django_socio_grpc.server import AioServer, ServerConfig, SyncServer
from django_socio_grpc.settings import grpc_settings

Server = AioServer | SyncServer


class RunServerCommand(BaseCommand):
    """Serves the registered services until SIGTERM or SIGINT; exits with 0 after a clean stop."""

    server_class: ClassVar[type[AioServer] | type[SyncServer]]
    requires_system_checks: ClassVar[list[str]] = []  # type: ignore[misc]  # --dev runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "address", nargs="?", default="", help="HOST:PORT or PORT; default [::]:50051"
        )
        parser.add_argument("--max-workers", type=_positive, help="threads for sync handlers")
        parser.add_argument("--grace", type=float, help="seconds for calls in flight on a stop")
        parser.add_argument(
            "--dev", action="store_true", help="run the checks, and restart when code changes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dev"]:
            autoreload.run_with_reloader(self.serve_in_development, **options)
            return
        try:
            self.serve(**options)
        except ImproperlyConfigured as exc:
            raise CommandError(str(exc)) from exc

    def serve_in_development(self, **options: Any) -> None:
        """Serve; on an error say what it is and wait for the code to change."""
        autoreload.raise_last_exception()
        try:
            self.check(display_num_errors=True)
            self.check_migrations()
            self.serve(**options)
        except (ImproperlyConfigured, CommandError) as exc:
            self.stderr.write(self.style.ERROR(str(exc)))

    def serve(
        self,
        *,
        address: str,
        max_workers: int | None = None,
        grace: float | None = None,
        **options: Any,
    ) -> None:
        grpc_settings.check()
        # Before the hook is imported: it may decide by the mode what it imports.
        grpc_settings.GRPC_ASYNC = self.server_class is AioServer
        given = {"max_workers": max_workers, "grace": grace}
        config = ServerConfig(
            address=parse_address(address, grpc_settings.GRPC_CHANNEL_PORT),
            **{name: value for name, value in given.items() if value is not None},
        )
        self.server_class(config).run(self.announce)
        self.say("Stopped.")

    def announce(self, server: Any) -> None:
        version = django_socio_grpc.__version__
        self.say(
            f"gRPC {server.mode} server: django_socio_grpc {version}, Django {django.__version__}"
        )
        for app in server.apps.values():
            for service in app.services:
                rpcs = ", ".join(sorted(actions.collect(service())))
                self.say(f"  {service.proto_package}.{service.get_controller_name()}: {rpcs}")
        host = server.config.address.rpartition(":")[0]
        self.say(f"Listening on {host}:{server.port}")
        self.say("Quit with CONTROL-C.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise CommandError(f"--max-workers is a whole number above 0, not {text!r}.")
    return int(text)
