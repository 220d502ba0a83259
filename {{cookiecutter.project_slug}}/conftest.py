"""Fixtures for every app's tests."""

from collections.abc import Iterator

import pytest
from django_socio_grpc.testing import RunningServer, serve


@pytest.fixture(params=["aio", "sync"])
def grpc_server(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[RunningServer]:
    """A server on a free loopback port, in each mode: `.target` and `.channel()`."""
    with serve(request.param) as server:
        yield server
