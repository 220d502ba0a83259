"""A stub of the questions service; each test that uses it runs against both servers."""

from collections.abc import Iterator

import pytest
from django_socio_grpc.testing import RunningServer

from questions.grpc import questions_pb2_grpc


@pytest.fixture
def stub(grpc_server: RunningServer) -> Iterator[questions_pb2_grpc.QuestionControllerStub]:
    with grpc_server.channel() as channel:
        yield questions_pb2_grpc.QuestionControllerStub(channel)
