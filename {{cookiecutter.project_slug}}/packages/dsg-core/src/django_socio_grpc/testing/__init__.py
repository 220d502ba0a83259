"""Tests over a real server on a loopback port, of either kind.

``GRPCTestCase`` and ``GRPCTransactionTestCase`` are Django's test cases with a server and stubs;
``serve`` runs one for a block. Under pytest there are the fixtures ``grpc_server``, ``grpc_stub``
and ``grpc_astub`` as well.
"""

from django_socio_grpc.server import Mode
from django_socio_grpc.testing.cases import GRPCTestCase, GRPCTestMixin, GRPCTransactionTestCase
from django_socio_grpc.testing.fakes import FakeAIOGRPC, FakeFullAIOGRPC, FakeGRPC
from django_socio_grpc.testing.queries import Queries, Query
from django_socio_grpc.testing.servers import RunningServer, serve
from django_socio_grpc.testing.stubs import Stub

__all__ = [
    "FakeAIOGRPC",
    "FakeFullAIOGRPC",
    "FakeGRPC",
    "GRPCTestCase",
    "GRPCTestMixin",
    "GRPCTransactionTestCase",
    "Mode",
    "Queries",
    "Query",
    "RunningServer",
    "Stub",
    "serve",
]
