"""What a service may override around the CRUD actions, in either colour, on both servers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from asgiref.sync import sync_to_async
from declared import stub_of
from django.db import transaction
from django.test import override_settings
from django_socio_grpc.concurrency import is_async
from django_socio_grpc.exceptions import ConfigurationError, NotFound, PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from tag_actions import AsyncTags, SyncTags, WrittenTags

pytestmark = pytest.mark.django_db(transaction=True)

SYNC_HOOKS = {
    "perform_create",
    "perform_update",
    "perform_partial_update",
    "perform_destroy",
    "get_object",
    "get_queryset",
    "filter_queryset",
    "get_serializer",
    "get_serializer_class",
    "get_serializer_context",
    "check_object_permissions",
}
ASYNC_HOOKS = {
    "aperform_create",
    "aperform_update",
    "aperform_partial_update",
    "aperform_destroy",
    "aget_object",
    "afilter_queryset",
    "aget_serializer",
    "acheck_object_permissions",
}
seen: set[str] = set()


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


def noting(cls: type, name: str) -> Callable[..., Any]:
    """An override of ``cls.name`` in its own colour that notes the call and goes on."""
    original = getattr(cls, name)

    async def ahook(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.add(name)
        return await original(self, *args, **kwargs)

    def hook(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.add(name)
        return original(self, *args, **kwargs)

    return ahook if is_async(original) else hook


def overriding(base: type, names: set[str]) -> type:
    """A subclass of ``base`` that overrides each of ``names`` and notes it."""
    return type(base.__name__, (base,), {name: noting(base, name) for name in names})


class AwaitingTags(AsyncTags):
    """Every action overridden, and left to the base class."""

    async def Create(self, request: Any, context: Any) -> Any:
        return await super().Create(request, context)

    async def Retrieve(self, request: Any, context: Any) -> Any:
        return await super().Retrieve(request, context)

    async def List(self, request: Any, context: Any) -> Any:
        return await super().List(request, context)

    async def Update(self, request: Any, context: Any) -> Any:
        return await super().Update(request, context)

    async def PartialUpdate(self, request: Any, context: Any) -> Any:
        return await super().PartialUpdate(request, context)

    async def Destroy(self, request: Any, context: Any) -> Any:  # type: ignore[override]
        return await super().Destroy(request, context)


def crud(stub: Any) -> None:
    tag = stub.Create(label="one")
    assert stub.Retrieve(id=tag.id).label == "one"
    assert [found.label for found in stub.List().results] == ["one"]
    assert stub.Update(id=tag.id, label="two").label == "two"
    partial = stub.PartialUpdate(id=tag.id, label="three", _partial_update_fields=["label"])
    assert partial.label == "three"
    stub.Destroy(id=tag.id)
    assert not Tag.objects.exists()


@pytest.mark.parametrize("base", [SyncTags, AsyncTags, AwaitingTags, WrittenTags])
def test_sync_hooks_run_whatever_colour_the_action_has(mode: Mode, base: type[Service]) -> None:
    with stub_of(mode, overriding(base, SYNC_HOOKS)) as stub:
        crud(stub)
    assert seen == SYNC_HOOKS


@pytest.mark.parametrize("base", [AsyncTags, AwaitingTags, WrittenTags])
def test_async_hooks_run_whatever_colour_the_action_has(mode: Mode, base: type[Service]) -> None:
    with stub_of(mode, overriding(base, ASYNC_HOOKS)) as stub:
        crud(stub)
    assert seen == ASYNC_HOOKS


@pytest.mark.parametrize("base", [AsyncTags, AwaitingTags, WrittenTags])
def test_an_async_hook_may_call_the_sync_one_of_its_name(mode: Mode, base: type[Any]) -> None:
    class Tags(base):  # type: ignore[misc]
        async def aget_object(self) -> Any:
            seen.add("aget_object")
            return await sync_to_async(self.get_object)()

        async def aperform_create(self, serializer: Any) -> None:
            seen.add("aperform_create")
            await sync_to_async(self.perform_create)(serializer)

        def perform_create(self, serializer: Any) -> None:
            seen.add("perform_create")
            super().perform_create(serializer)

    with stub_of(mode, Tags) as stub:
        crud(stub)
    assert seen == {"aget_object", "aperform_create", "perform_create"}


@pytest.mark.parametrize("base", [SyncTags, AsyncTags, AwaitingTags, WrittenTags])
def test_an_object_that_a_hook_hides_is_hidden_from_every_action(
    mode: Mode, base: type[Any]
) -> None:
    """A rule about objects must not depend on the colour of the action that asks for one."""

    class Tags(base):  # type: ignore[misc]
        def check_object_permissions(self, obj: Any) -> None:
            if obj.label == "secret":
                raise PermissionDenied

        def get_object(self) -> Any:
            if self.request.id == 0:
                raise NotFound("There is no zero.")
            return super().get_object()

    secret = Tag.objects.create(label="secret")
    with stub_of(mode, Tags) as stub:
        for action in ("Retrieve", "Update", "PartialUpdate", "Destroy"):
            for pk, code in ((secret.pk, StatusCode.PERMISSION_DENIED), (0, StatusCode.NOT_FOUND)):
                with pytest.raises(grpc.RpcError) as caught:
                    getattr(stub, action)(id=pk)
                assert caught.value.code() is code, action
    assert Tag.objects.get().label == "secret"


@pytest.mark.parametrize("name", sorted(SYNC_HOOKS & {name[1:] for name in ASYNC_HOOKS}))
def test_a_sync_hook_that_is_async_is_refused_at_startup(mode: Mode, name: str) -> None:
    """Nobody would await it: the object would not be saved, the permission not checked."""

    async def hook(self: Any, *args: Any, **kwargs: Any) -> Any:
        return None

    service = type("Tags", (AsyncTags,), {name: hook})
    with (
        pytest.raises(ConfigurationError, match=rf"Tags\.{name} is async"),
        stub_of(mode, service),
    ):
        pass


@contextmanager
def atomic_middleware(context: Any) -> Iterator[None]:
    with transaction.atomic():
        yield


@override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [atomic_middleware]})
def test_an_async_hook_works_in_the_transaction_of_its_call(mode: Mode) -> None:
    class Tags(AsyncTags):
        async def aperform_create(self, serializer: Any) -> None:
            await Tag.objects.acreate(label="beside it")
            await super().aperform_create(serializer)
            assert await Tag.objects.acount() == 2
            raise PermissionDenied

    with stub_of(mode, Tags) as stub:
        with pytest.raises(grpc.RpcError) as caught:
            stub.Create(label="x")
        assert caught.value.code() is StatusCode.PERMISSION_DENIED
        assert stub.List().results == []
