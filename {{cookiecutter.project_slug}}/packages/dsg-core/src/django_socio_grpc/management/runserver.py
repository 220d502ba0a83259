"""What the commands that serve have in common: all but the server."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

import django_socio_grpc
from django_socio_grpc import actions
from django_socio_grpc.address import host_and_port, parse_address
from django_socio_grpc.checks import TAG
from django_socio_grpc.management import reloader
from django_socio_grpc.management.options import positive, seconds
from django_socio_grpc.observability import showing_workers
from django_socio_grpc.server import AioServer, ServerConfig, SyncServer
from django_socio_grpc.server.garbage import collect_rarely
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.supervisor import (
    WRONG_CONFIGURATION,
    GivenUp,
    Membership,
    Report,
    Supervisor,
    held,
    membership,
)

Server = AioServer | SyncServer


class RunServerCommand(BaseCommand):
    """Serves the registered services until a signal; exits with 0 after a clean stop."""

    server_class: type[AioServer] | type[SyncServer]
    requires_system_checks = (TAG,)  # --dev runs the others too
    member: Membership | None = None
    """What this process is a worker of, if it is one."""
    is_program = False
    """Whether the command is what this process was started for."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "address", nargs="?", default="", help="HOST:PORT or PORT; default [::]:50051"
        )
        parser.add_argument("--workers", type=positive, help="processes that serve on the port")
        parser.add_argument(
            "--max-workers", type=positive, help="threads for sync handlers at most, in a process"
        )
        parser.add_argument(
            "--grace", type=seconds, help="seconds for calls in flight after SIGTERM or SIGINT"
        )
        parser.add_argument(
            "--reflection", action="store_true", help="let clients ask for the contract"
        )
        parser.add_argument(
            "--asyncio-debug", action="store_true", help="log what blocks the event loop"
        )
        parser.add_argument(
            "--dev", action="store_true", help="run the checks, and restart when code changes"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        self.is_program = True
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        dev, workers = options["dev"], options["workers"]
        if dev and workers is not None and workers > 1:
            raise CommandError(
                "--dev restarts one process when the code changes, and --workers runs several. "
                "Give one of the two; SIGHUP has workers take the code anew."
            )
        if dev and not reloader.is_child():
            reloader.watch(self.say)
            self.say("Stopped.")
            return
        self.member = membership()
        try:
            count = grpc_settings.WORKERS if workers is None else workers
            if dev:
                self.check(display_num_errors=True)
                self.check_migrations()
            elif count > 1 and self.member is None:
                self.supervise(count, options["address"])
                return
            self.serve(**options)
        except ImproperlyConfigured as exc:
            code = 1 if self.member is None else WRONG_CONFIGURATION
            raise CommandError(str(exc), returncode=code) from exc
        if not dev and self.member is None:  # else its parent says it
            self.say("Stopped.")

    def supervise(self, count: int, address: str) -> None:
        """Run ``count`` workers, each of which is this command once more."""
        grpc_settings.check()
        with held(self.full_address(address)) as shared:
            if not self.is_program:
                raise CommandError(
                    "Each worker is this program once more, and this program is another one. Run "
                    "manage.py, not call_command(), or give one worker."
                )

            def listening(report: Report) -> None:
                lines = [*report.lines, f"Workers: {count}", *shown_at(metrics_port)]
                self.announce(shared, lines)

            supervisor = Supervisor(count, shared, listening, self.say)
            try:
                with showing_workers(supervisor.metrics_ports) as metrics_port:
                    supervisor.run()
            except GivenUp as exc:
                raise CommandError(str(exc)) from exc
        self.say("Stopped.")

    def serve(
        self,
        *,
        address: str,
        max_workers: int | None = None,
        grace: float | None = None,
        reflection: bool = False,
        asyncio_debug: bool = False,
        **options: Any,
    ) -> None:
        grpc_settings.check()
        # Before the hook is imported: it may decide by the mode what it imports.
        grpc_settings.GRPC_ASYNC = self.server_class is AioServer
        config = ServerConfig(
            address=self.full_address(address) if self.member is None else self.member.address,
            max_workers=grpc_settings.MAX_WORKERS if max_workers is None else max_workers,
            grace=grpc_settings.SHUTDOWN_GRACE if grace is None else grace,
            reflection=reflection or grpc_settings.ENABLE_REFLECTION,
            asyncio_debug=asyncio_debug or grpc_settings.ASYNCIO_DEBUG,
            worker=None if self.member is None else self.member.number,
        )
        quiet = options["dev"]
        self.server_class(config).run(
            self.listens, self.leaves if not quiet else lambda server: None
        )

    def full_address(self, address: str) -> str:
        return parse_address(address, grpc_settings.GRPC_CHANNEL_PORT, grpc_settings.GRPC_HOST)

    def listens(self, server: Server) -> None:
        collect_rarely()
        lines = described(server)
        metrics_port = server.telling.metrics_port
        if self.member is None:
            self.announce(server.address, [*lines, *shown_at(metrics_port)])
        else:
            report = Report(
                time_to_stop=server.time_to_stop, lines=lines, metrics_port=metrics_port
            )
            self.member.listens(report)

    def leaves(self, server: Server) -> None:
        if self.member is None:
            self.say(f"Stopping: waiting for calls in flight (up to {server.config.grace:g} s).")
        else:
            self.member.leaves()

    def announce(self, address: str, lines: Sequence[str]) -> None:
        for line in lines:
            self.say(line)
        self.say(f"Listening on {address}")
        self.say("Quit with CONTROL-C.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def shown_at(metrics_port: int | None) -> Sequence[str]:
    """Return the line that says where the metrics are, if they are."""
    if metrics_port is None:
        return ()
    shown = host_and_port(grpc_settings.METRICS_HOST, metrics_port)
    return [f"Metrics on http://{shown}/metrics"]


def described(server: Server) -> Sequence[str]:
    """Return lines that say what ``server`` is and what it serves."""
    versions = f"django_socio_grpc {django_socio_grpc.__version__}, Django {django.__version__}"
    rpcs = {
        service.get_full_name(): actions.collect(service())
        for app in server.apps.values()
        for service in app.services
    }
    return [
        f"gRPC {server.mode} server: {versions}",
        *(
            f"  {name}: {', '.join(sorted(rpcs[name]))}" if name in rpcs else f"  {name}"
            for name in server.services
        ),
    ]
