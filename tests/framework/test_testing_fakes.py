"""The documentation's test helpers run on a real server, without a mark ``django_db``."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import grpc
import pytest
from asgiref.sync import async_to_sync
from django.test import TestCase, override_settings
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.tests.grpc_test_utils.fake_grpc import (
    FakeAIOGRPC,
    FakeFullAIOGRPC,
    FakeGRPC,
)
from library.models import Tag
from shops import Shop
from tags import AsyncTagService, SyncTagService


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    """The generated modules of an app: messages, and stubs."""
    folder = tmp_path_factory.mktemp("fakes")
    sys.path.insert(0, str(folder))
    shop = Shop(folder)
    shop.sync, shop.aio = [SyncTagService], [AsyncTagService]
    shop.run()
    package = f"{shop.label}.grpc.{shop.label}"
    modules = [_import(f"{package}_pb2"), _import(f"{package}_pb2_grpc")]
    yield modules[0], modules[1]
    sys.path.remove(str(folder))


def _import(name: str) -> ModuleType:
    __import__(name)
    return sys.modules[name]


@pytest.fixture(autouse=True)
def _shared(request: pytest.FixtureRequest, generated: tuple[Any, Any]) -> None:
    if request.cls is not None:
        request.cls.pb2, request.cls.pb2_grpc = generated


@override_settings(GRPC_FRAMEWORK={"GRPC_ASYNC": True})
class TestFullAio(TestCase):
    """As the documentation's example, and stubs that are made before there is a loop."""

    pb2: Any
    pb2_grpc: Any

    def setUp(self) -> None:
        self.fake_grpc = FakeFullAIOGRPC(
            self.pb2_grpc.add_TagControllerServicer_to_server, AsyncTagService.as_servicer()
        )
        self.early = self.fake_grpc.get_fake_stub(self.pb2_grpc.TagControllerStub)

    def tearDown(self) -> None:
        self.fake_grpc.close()

    async def test_calls(self) -> None:
        tag = await Tag.objects.acreate(label="one")
        for stub in (self.early, self.fake_grpc.get_fake_stub(self.pb2_grpc.TagControllerStub)):
            reply = await stub.Retrieve(request=self.pb2.TagRetrieveRequest(id=tag.pk))
            assert reply.label == "one"
        await self.early.Create(self.pb2.TagRequest(label="two"), metadata=(("x-y", "z"),))
        assert await Tag.objects.acount() == 2

    async def test_an_error(self) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            await self.early.Retrieve(request=self.pb2.TagRetrieveRequest(id=12345))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND

    def test_from_sync_code(self) -> None:
        Tag.objects.create(label="one")

        async def run_test() -> Any:
            return await self.early.List(self.pb2.TagListRequest())

        assert len(async_to_sync(run_test)().results) == 1


class TestSync(TestCase):
    pb2: Any
    pb2_grpc: Any

    def setUp(self) -> None:
        self.fake_grpc = FakeGRPC(
            self.pb2_grpc.add_TagControllerServicer_to_server, SyncTagService.as_servicer()
        )

    def tearDown(self) -> None:
        self.fake_grpc.close()

    def test_calls(self) -> None:
        stub = self.fake_grpc.get_fake_stub(self.pb2_grpc.TagControllerStub)
        Tag.objects.create(label="one")
        assert len(stub.List(request=self.pb2.TagListRequest()).results) == 1
        stub = self.pb2_grpc.TagControllerStub(self.fake_grpc.get_fake_channel())
        stub.Create(request=self.pb2.TagRequest(label="two"))
        assert Tag.objects.count() == 2


class TestAio(TestCase):
    """Sync stubs of async services."""

    pb2: Any
    pb2_grpc: Any

    def setUp(self) -> None:
        grpc_settings.GRPC_ASYNC = True
        self.fake_grpc = FakeAIOGRPC(
            self.pb2_grpc.add_TagControllerServicer_to_server, AsyncTagService.as_servicer()
        )

    def tearDown(self) -> None:
        self.fake_grpc.close()
        grpc_settings.GRPC_ASYNC = False

    def test_calls(self) -> None:
        stub = self.fake_grpc.get_fake_stub(self.pb2_grpc.TagControllerStub)
        Tag.objects.create(label="one")
        assert len(stub.List(request=self.pb2.TagListRequest()).results) == 1
