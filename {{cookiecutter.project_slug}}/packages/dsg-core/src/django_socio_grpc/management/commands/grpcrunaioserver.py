"""``manage.py grpcrunaioserver [HOST:PORT] [--max-workers N] [--dev]``"""

from django_socio_grpc.management.runserver import RunServerCommand
from django_socio_grpc.server import AioServer


class Command(RunServerCommand):
    help = "Serve gRPC on asyncio: the server for streams and for many clients."
    server_class = AioServer
