"""Fixtures for pytest. It is loaded before Django is set up, and so imports nothing of it yet."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils.module_loading import import_string

DATABASE_FIXTURES = ("db", "transactional_db", "django_db_reset_sequences")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", 'grpc_mode(mode): the kind of server of grpc_server: "aio" or "sync"'
    )


@pytest.fixture
def grpc_mode(request: pytest.FixtureRequest) -> str:
    """The kind of server: of the marker ``grpc_mode``, else "aio".

    Parametrize it, or override it by a fixture with ``params=["aio", "sync"]``, to test on both.
    """
    marker = request.node.get_closest_marker("grpc_mode")
    mode: str = marker.args[0] if marker else "aio"
    return mode


@pytest.fixture
def grpc_server(request: pytest.FixtureRequest, grpc_mode: str) -> Iterator[Any]:
    """A server with the project's services, a ``django_socio_grpc.testing.RunningServer``."""
    for name in DATABASE_FIXTURES:  # first, so that the server shares the test's transaction
        if name in request.fixturenames:
            request.getfixturevalue(name)
    serve = import_string("django_socio_grpc.testing.serve")
    with serve(grpc_mode) as running:
        yield running


@pytest.fixture
def grpc_stub(grpc_server: Any) -> Callable[..., Any]:
    """``grpc_stub(QuestionService).Retrieve(id=1)``"""
    return grpc_server.stub  # type: ignore[no-any-return]


@pytest.fixture
def grpc_astub(grpc_server: Any) -> Callable[..., Any]:
    """``await grpc_astub(QuestionService).Retrieve(id=1)``"""
    return grpc_server.astub  # type: ignore[no-any-return]
