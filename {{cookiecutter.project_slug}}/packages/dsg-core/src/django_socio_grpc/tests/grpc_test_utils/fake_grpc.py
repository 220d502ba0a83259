"""The test helpers ``FakeGRPC``, ``FakeAIOGRPC`` and ``FakeFullAIOGRPC``."""

from django_socio_grpc.testing.fakes import FakeAIOGRPC, FakeFullAIOGRPC, FakeGRPC

__all__ = ["FakeAIOGRPC", "FakeFullAIOGRPC", "FakeGRPC"]
