"""``manage.py rungrpc [HOST:PORT] [--host HOST] [--port PORT] [--sync] [--noreload]``"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from django_socio_grpc.management.runserver import RunServerCommand
from django_socio_grpc.server import AioServer, SyncServer
from django_socio_grpc.settings import grpc_settings


class Command(RunServerCommand):
    help = "Serve gRPC: as grpcrunaioserver, or by --sync as grpcrunserver; with DEBUG as --dev."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--host", help="the address to listen on; default [::]")
        parser.add_argument("--port", help="the port to listen on; default 50051")
        kinds = parser.add_mutually_exclusive_group()
        kinds.add_argument("--async", action="store_true", help="serve on asyncio; the default")
        kinds.add_argument("--sync", action="store_true", help="serve from threads")
        parser.add_argument(
            "--noreload",
            action="store_true",
            help="do not restart when code changes, though DEBUG is on",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options.pop("host"), options.pop("port")
        if options["address"] and (host or port):
            raise CommandError(
                f"The address is given twice: {options['address']}, and by --host or --port."
            )
        if host or port:
            options["address"] = _address(
                host or grpc_settings.GRPC_HOST, port or str(grpc_settings.GRPC_CHANNEL_PORT)
            )
        self.server_class = SyncServer if options["sync"] else AioServer
        alone = (options["workers"] or grpc_settings.WORKERS) == 1
        if settings.DEBUG and alone and not options["noreload"]:
            options["dev"] = True
        super().handle(*args, **options)


def _address(host: str, port: str) -> str:
    """``HOST:PORT``, where an address of IPv6 may have its brackets or not."""
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"
