"""A server that is configured by typed values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import override_settings
from django_socio_grpc.config import GRPCConfig, GRPCServerConfig


@contextmanager
def configured(**server: Any) -> Iterator[None]:
    """Within this block the server is configured by these fields of ``GRPCServerConfig``."""
    config = GRPCConfig(server=GRPCServerConfig(**server))
    with override_settings(GRPC_FRAMEWORK=config):
        yield
