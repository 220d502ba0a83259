"""``manage.py grpcrunserver [HOST:PORT] [--max-workers N] [--dev]``"""

from django_socio_grpc.management.runserver import RunServerCommand
from django_socio_grpc.server import SyncServer


class Command(RunServerCommand):
    help = "Serve gRPC from threads, one for each call at a time."
    server_class = SyncServer
