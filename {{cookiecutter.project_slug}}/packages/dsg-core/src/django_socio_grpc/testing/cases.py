"""Django's test cases with a server."""

import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar

from django.db import DEFAULT_DB_ALIAS
from django.test import TestCase, TransactionTestCase

from django_socio_grpc.client.files import Source
from django_socio_grpc.server import Mode
from django_socio_grpc.service import Service
from django_socio_grpc.testing.database import TestConnections
from django_socio_grpc.testing.queries import Queries, Recorder
from django_socio_grpc.testing.servers import RunningServer, serving
from django_socio_grpc.testing.stubs import Stub


class GRPCTestMixin(unittest.TestCase):
    """For any of Django's test cases: a server, which the first use of it starts in each test.

    ``grpc_mode`` is the server's kind. ``grpc_hook`` is a function of the server, or a static
    method, that registers the services; by default it is the project's.
    """

    grpc_mode: ClassVar[Mode] = "aio"
    grpc_hook: ClassVar[Any] = None

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        # An async test runs in another thread than this one, which has the connections.
        self._database = TestConnections()
        self._recorder = Recorder()
        return super().run(result)

    @cached_property
    def grpc(self) -> RunningServer:
        """The server of this test."""
        hook = type(self).grpc_hook  # a function, which an instance would make a method
        server = serving(self.grpc_mode, hook, self._database, self._recorder)
        running = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        return running

    def stub(self, service: type[Service], contract: Source | None = None) -> Stub:
        """Return the methods of ``service``: ``self.stub(QuestionService).Retrieve(id=1)``."""
        return self.grpc.stub(service, contract)

    def astub(self, service: type[Service], contract: Source | None = None) -> Stub:
        """The same for async tests: ``await self.astub(QuestionService).Retrieve(id=1)``."""
        return self.grpc.astub(service, contract)

    def assertNumQueries(
        self, num: int, func: Any = None, *args: Any, using: str = DEFAULT_DB_ALIAS, **kwargs: Any
    ) -> Any:
        """As Django's, with the queries of the server's threads."""
        block = self._num_queries(num, using)
        if func is None:
            return block
        with block:
            func(*args, **kwargs)
        return None

    @contextmanager
    def _num_queries(self, num: int, using: str) -> Iterator[Queries]:
        recorder = self.grpc.recorder
        found = Queries()
        with recorder.block() as queries:
            yield found
        found.extend(query for query in queries if query.alias == using)
        if len(found) != num:
            raise self.failureException(f"{len(found)} queries, {num} were expected:\n{found}")


class GRPCTestCase(GRPCTestMixin, TestCase):
    """Each test is a transaction, which its handlers share and its end takes back."""


class GRPCTransactionTestCase(GRPCTestMixin, TransactionTestCase):
    """Handlers have connections of their own, as in production."""
