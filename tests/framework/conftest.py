"""Every test that takes ``mode`` runs on both servers."""

import pytest
from django_socio_grpc.testing import Mode


@pytest.fixture(params=["aio", "sync"])
def mode(request: pytest.FixtureRequest) -> Mode:
    param: Mode = request.param
    return param
