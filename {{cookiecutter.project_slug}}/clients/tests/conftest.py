"""A target where nothing listens."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def unused_target() -> Iterator[str]:
    """``host:port`` of a port that is taken but refuses connections, until the test ends."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"
