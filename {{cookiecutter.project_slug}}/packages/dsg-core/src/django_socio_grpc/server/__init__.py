"""Both servers: the same configuration, the same services, the same way to start and to stop."""

from django_socio_grpc.server.aio import AioServer
from django_socio_grpc.server.base import Mode
from django_socio_grpc.server.config import ServerConfig
from django_socio_grpc.server.sync import SyncServer

__all__ = ["AioServer", "Mode", "ServerConfig", "SyncServer"]
