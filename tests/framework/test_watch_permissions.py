"""Watch: nobody is told of what they may not see, and a right that ends ends the stream."""

from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from declared import Stub
from django.http import Http404
from django.test import override_settings
from django_filters.rest_framework import DjangoFilterBackend  # type: ignore[import-untyped]
from django_socio_grpc.exceptions import Unauthenticated
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from rest_framework.permissions import BasePermission, IsAuthenticated
from watching import AsyncTagService, TagService, Watch, serving, watch, with_attributes

pytestmark = pytest.mark.django_db(transaction=True)

services = pytest.mark.parametrize("service", [TagService, AsyncTagService])
revoked: set[str] = set()
secret: set[str] = set()


@pytest.fixture(autouse=True)
def _nothing_revoked() -> None:
    revoked.clear()
    secret.clear()


class ByName:
    """Knows who sends ``x-name``, until the name is revoked."""

    def authenticate(self, context: Any) -> Any:
        name = context.META.get("HTTP_X_NAME")
        if name in revoked:
            raise Unauthenticated("The name is revoked.")
        return name and (SimpleNamespace(name=name, is_authenticated=True), None)


class OwnTags(BasePermission):
    """A caller may see the tags that start with their name, and no secret ones."""

    def has_object_permission(self, context: Any, service: Any, tag: Any) -> bool:
        if tag.label.endswith("missing"):
            raise Http404
        return tag.label not in secret


class AsyncOwnTags(OwnTags):
    async def has_object_permission(self, context: Any, service: Any, tag: Any) -> bool:  # type: ignore[override]
        fresh = await Tag.objects.aget(pk=tag.pk)
        return super().has_object_permission(context, service, fresh)


def of_caller(service: type[Service], **attributes: Any) -> type[Service]:
    """The service for callers with a name: it shows them the tags that start with it."""

    class OfCaller(service):  # type: ignore[misc,valid-type]
        authentication_classes = [ByName]
        permission_classes = [IsAuthenticated]

        def get_queryset(self) -> Any:
            return Tag.objects.filter(label__startswith=self.context.user.name)

    return with_attributes(OfCaller, **attributes)


def as_(stub: Stub, name: str) -> Stub:
    return stub.options(metadata=[("x-name", name)])


@services
def test_a_caller_is_told_of_the_objects_of_the_queryset(
    mode: Mode, service: type[Service]
) -> None:
    old = Tag.objects.create(label="ada old")
    Tag.objects.create(label="bob old")
    with serving(mode, of_caller(service)) as (_, stub):
        ada, bob = watch(as_(stub, "ada")), watch(as_(stub, "bob"))
        theirs = Tag.objects.create(label="bob new")
        mine = Tag.objects.create(label="ada new")
        assert ada.next() == ("CREATED", mine.pk, "ada new")
        assert bob.next() == ("CREATED", theirs.pk, "bob new")
        both = Watch(as_(stub, "ada").Watch(initial=True)).until_synced()
        assert both == [("CREATED", old.pk, "ada old"), ("CREATED", mine.pk, "ada new")]


@services
def test_an_update_that_takes_an_object_out_of_sight_is_a_delete(
    mode: Mode, service: type[Service]
) -> None:
    tag = Tag.objects.create(label="ada's")
    with serving(mode, of_caller(service)) as (_, stub):
        ada, bob = watch(as_(stub, "ada")), watch(as_(stub, "bob"))
        tag.label = "bob's"
        tag.save()
        assert ada.next() == ("DELETED", tag.pk, None)
        assert bob.next() == ("CREATED", tag.pk, "bob's")
        tag.label = "bob's own"
        tag.save()
        assert bob.next() == ("UPDATED", tag.pk, "bob's own")
        tag.label = "ada's"
        tag.save()
        assert ada.next() == ("CREATED", tag.pk, "ada's")


@pytest.mark.parametrize("permission", [OwnTags, AsyncOwnTags])
@services
def test_object_permissions(
    mode: Mode, service: type[Service], permission: type[BasePermission]
) -> None:
    secret.update({"hidden", "later"})
    Tag.objects.create(label="hidden")
    later = Tag.objects.create(label="later")
    guarded = with_attributes(service, permission_classes=[permission])
    with serving(mode, guarded) as (_, stub):
        watching = Watch(stub.Watch(initial=True))
        assert watching.until_synced() == []
        Tag.objects.create(label="missing")
        Tag.objects.get(label="hidden").delete()  # of which a client must not even learn the key
        secret.remove("later")
        later.save()
        assert watching.next() == ("CREATED", later.pk, "later")
        secret.add("later")
        later.save()
        assert watching.next() == ("DELETED", later.pk, None)


@services
def test_filters_of_the_call_hold_for_the_whole_stream(mode: Mode, service: type[Service]) -> None:
    class StartsWith:
        async def filter_queryset(self, context: Any, queryset: Any, view: Any) -> Any:
            return queryset.filter(label__startswith=context.query_params["start"])

    filtered = with_attributes(service, filter_backends=[StartsWith])
    with serving(mode, filtered) as (_, stub):
        watching = watch(stub.options(metadata=[("filters", '{"start": "b"}')]))
        Tag.objects.create(label="a 1")
        found = Tag.objects.create(label="b 1")
        assert watching.next() == ("CREATED", found.pk, "b 1")


@override_settings(GRPC_FRAMEWORK={"FILTER_BEHAVIOR": "REQUEST_STRUCT_STRICT"})
@services
def test_filters_of_the_request(mode: Mode, service: type[Service]) -> None:
    filtered = with_attributes(
        service, filter_backends=[DjangoFilterBackend], filterset_fields=["label"]
    )
    with serving(mode, filtered) as (_, stub):
        watching = watch(stub, _filters={"label": "b"})
        Tag.objects.create(label="a")
        found = Tag.objects.create(label="b")
        assert watching.next() == ("CREATED", found.pk, "b")


@services
def test_who_may_not_call_hears_nothing(mode: Mode, service: type[Service]) -> None:
    with serving(mode, of_caller(service)) as (_, stub), pytest.raises(grpc.RpcError) as caught:
        next(stub.Watch())
    assert caught.value.code() is StatusCode.UNAUTHENTICATED


@services
def test_a_right_that_ends_ends_the_stream_before_the_next_event(
    mode: Mode, service: type[Service]
) -> None:
    with serving(mode, of_caller(service)) as (_, stub):
        watching = watch(as_(stub, "ada"))
        Tag.objects.create(label="ada 1")
        assert watching.next()[2] == "ada 1"
        revoked.add("ada")
        Tag.objects.create(label="ada 2")
        error = watching.status()
        assert error.code() is StatusCode.UNAUTHENTICATED
        assert "The name is revoked." in str(error.details())


class Guarded(BasePermission):
    open = True

    def has_permission(self, context: Any, service: Any) -> bool:
        return Guarded.open


def test_a_permission_that_ends_ends_the_stream(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(mode, with_attributes(TagService, permission_classes=[Guarded])) as (_, stub):
        watching = watch(stub)
        monkeypatch.setattr(Guarded, "open", False)
        Tag.objects.create(label="new")
        assert watching.status().code() is StatusCode.PERMISSION_DENIED
