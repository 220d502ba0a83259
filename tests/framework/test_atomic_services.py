"""Transactions around ready-made actions, async handlers, permissions and middlewares."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from declared import code_of, stub_of
from django.db import connection
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError, NotFound
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import TEXT, with_policies
from rest_framework.permissions import BasePermission
from tag_actions import TagProtoSerializer
from writers import Atomic, Steps, atomic_requests, call, labels, seen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


class SyncTags(generics.ModelService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    atomic = True

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        seen.append(connection.in_atomic_block)
        raise NotFound


class AsyncTags(generics.AsyncModelService):
    """Its actions are planned as sync code, its hook is async code in their thread."""

    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    atomic = True

    async def aperform_create(self, serializer: Any) -> None:
        await super().aperform_create(serializer)
        await Tag.objects.acreate(label="beside it")
        seen.append(await sync_to_async(lambda: connection.in_atomic_block)())
        raise NotFound


@pytest.mark.parametrize("service", [SyncTags, AsyncTags])
def test_ready_made_actions_of_both_colours(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert code_of(lambda: stub.Create(label="x")) is StatusCode.NOT_FOUND
    assert seen == [True]
    assert labels() == []


def test_an_error_of_a_permission_ends_the_transaction_too(mode: Mode) -> None:
    class Writing(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            Tag.objects.create(label="asked")
            return False

    with stub_of(mode, with_policies(Atomic, permission_classes=[Writing])) as stub:
        assert code_of(lambda: call(stub, "Unary", "x")) is StatusCode.PERMISSION_DENIED
    assert labels() == []


class ByHand(Steps):
    async def Unary(self, request: Any, context: Any) -> Any:
        seen.append(await sync_to_async(lambda: connection.in_atomic_block)())
        return self.pb.StepUnaryResponse(text=request.text)


def test_databases_do_not_make_an_async_handler_atomic(mode: Mode) -> None:
    with atomic_requests(), stub_of(mode, ByHand) as stub:
        call(stub, "Unary", "fine")
        call(stub, "Upload", "fine")
    assert seen == [False, True]


class AskedOfService(ByHand):
    atomic = True


class AskedOfAction(Steps):
    @grpc_action(request=TEXT, response=TEXT, atomic=True)
    async def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.StepUnaryResponse(text=request.text)


@pytest.mark.parametrize("service", [AskedOfService, AskedOfAction])
def test_an_async_handler_that_is_to_be_atomic_is_refused_at_startup(
    mode: Mode, service: type[Service]
) -> None:
    message = rf"{service.__name__}\.Unary is to be atomic, but it is async"
    with pytest.raises(ConfigurationError, match=message), stub_of(mode, service):
        pass


def test_an_async_handler_may_be_left_out(mode: Mode) -> None:
    class Mixed(Atomic):
        @grpc_action(request=TEXT, response=TEXT, atomic=False)
        async def Unary(self, request: Any, context: Any) -> Any:
            seen.append(await sync_to_async(lambda: connection.in_atomic_block)())
            return self.pb.StepUnaryResponse(text=request.text)

    with stub_of(mode, Mixed) as stub:
        call(stub, "Unary", "fine")
        call(stub, "Upload", "fine")
    assert seen == [False, True]


@contextmanager
def watching(context: Any) -> Iterator[None]:
    seen.append(connection.in_atomic_block)
    try:
        yield
    finally:
        seen.append(len(labels()))


@override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [watching]})
def test_middlewares_are_around_the_transaction(mode: Mode) -> None:
    with stub_of(mode, Atomic) as stub:
        call(stub, "Unary", "fine")
    assert seen == [False, True, 1]
