"""``grpc.health.v1``: whether the server and each service can work, and whether the process lives.

Checks run in the background and write on a board, from which both servers answer at once.
"""

from django_socio_grpc.health.aio import AioHealth
from django_socio_grpc.health.board import LIVENESS
from django_socio_grpc.health.messages import SERVICE
from django_socio_grpc.health.ready_made import Cache, Database, Migrations
from django_socio_grpc.health.sync import SyncHealth

__all__ = ["LIVENESS", "SERVICE", "AioHealth", "Cache", "Database", "Migrations", "SyncHealth"]
