"""Django's test cases with a server, run as Django and pytest run them: without ``django_db``."""

import asyncio
import unittest
from typing import Any, ClassVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.test import SimpleTestCase, TestCase
from django_socio_grpc.database.guards import Guard
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import GRPCTestCase, GRPCTestMixin, GRPCTransactionTestCase
from library.models import Tag
from tags import TAGS, AsyncTagService, SyncTagService, Tags


class Shared:
    # Within another class, for as it is it is no case.
    class TagTests(GRPCTestMixin):
        """What both kinds of case test, in both modes, without calling ``super().setUp()``."""

        service: ClassVar[type[Tags]]

        def setUp(self) -> None:
            Tag.objects.create(label="one")

        @property
        def sync_stub(self) -> Any:
            return self.stub(self.service, TAGS[self.service].file)

        @property
        def aio_stub(self) -> Any:
            return self.astub(self.service, TAGS[self.service].file)

        def test_a_call(self) -> None:
            assert [tag.label for tag in self.sync_stub.List().results] == ["one"]
            self.sync_stub.Create(label="two")
            assert Tag.objects.count() == 2

        def test_another_call(self) -> None:
            assert Tag.objects.count() == 1, "the tests know nothing of each other"
            self.test_a_call()

        async def test_an_async_call(self) -> None:
            assert [tag.label for tag in (await self.aio_stub.List()).results] == ["one"]
            await self.aio_stub.Create(label="two")
            assert await Tag.objects.acount() == 2
            replies = await asyncio.gather(
                *(self.aio_stub.Create(label=f"t{n}") for n in range(5))
            )
            assert len(replies) == 5

        def test_an_async_call_from_sync_code(self) -> None:
            async def call() -> int:
                return len((await self.aio_stub.List()).results)

            assert async_to_sync(call)() == 1

        async def test_a_sync_call_from_async_code(self) -> None:
            assert len((await sync_to_async(self.sync_stub.List)()).results) == 1

        def test_the_number_of_queries(self) -> None:
            with self.assertNumQueries(2) as queries:
                self.sync_stub.List()
                Tag.objects.get()
            assert len(queries) == 2
            self.assertNumQueries(1, lambda: self.sync_stub.List())
            with (
                pytest.raises(AssertionError, match=r"1 queries, 3 were expected:\n1\. SELECT"),
                self.assertNumQueries(3),
            ):
                self.sync_stub.List()

        def test_the_server_is_one(self) -> None:
            assert self.grpc is self.grpc
            assert self.grpc.mode == self.grpc_mode
            assert (self.grpc_mode == "aio") is grpc_settings.GRPC_ASYNC


def case(base: type[Any], mode: str, service: type[Tags]) -> type[Any]:
    name = f"{service.__name__}{mode.title()}{base.__name__}"
    attributes = {"grpc_mode": mode, "grpc_hook": TAGS[service].hook, "service": service}
    return type(name, (Shared.TagTests, base), {**attributes, "__module__": __name__})


CASES = [
    case(base, mode, service)
    for base in (GRPCTestCase, GRPCTransactionTestCase)
    for mode in ("aio", "sync")
    for service in (SyncTagService, AsyncTagService)
]
SyncAio, AsyncAio, SyncSync, AsyncSync, *_ = CASES
SyncAioOwn, AsyncAioOwn, SyncSyncOwn, AsyncSyncOwn = _


class HookOfTheClass(GRPCTestCase):
    """A hook may be written in the class, and ``setUpTestData`` is seen by handlers."""

    @staticmethod
    def grpc_hook(server: Any) -> None:
        TAGS[AsyncTagService].hook(server)

    tag: Tag

    @classmethod
    def setUpTestData(cls) -> None:
        cls.tag = Tag.objects.create(label="of the class")

    def test_data_of_the_class(self) -> None:
        stub = self.stub(AsyncTagService, TAGS[AsyncTagService].file)
        assert stub.Retrieve(id=self.tag.pk).label == "of the class"


class WithOtherCases(GRPCTestMixin, SimpleTestCase):
    """The mixin needs no database."""

    grpc_hook = TAGS[AsyncTagService].hook

    def test_a_server(self) -> None:
        assert self.grpc.target


class Unused(GRPCTestMixin, TestCase):
    def test_nothing_starts_that_is_not_used(self) -> None:
        Tag.objects.create(label="one")
        assert "grpc" not in vars(self)
        # The framework's own, where the database is PostgreSQL, is no test's.
        assert all(isinstance(each, Guard) for each in connection.execute_wrappers)


def test_the_cases_are_test_cases() -> None:
    assert all(issubclass(case, unittest.TestCase) for case in CASES)
