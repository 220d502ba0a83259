"""Permissions on the object that an action is about, in either colour, on both servers."""

from functools import partial
from typing import Any

import pytest
from declared import code_of, stub_of
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import with_policies
from rest_framework.permissions import BasePermission
from tag_actions import AsyncTags, SyncTags

pytestmark = pytest.mark.django_db(transaction=True)


class Unlocked(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.label != "locked")


class AsyncUnlocked(BasePermission):
    async def has_object_permission(  # type: ignore[override]
        self, context: Any, service: Any, obj: Any
    ) -> bool:
        return not await Tag.objects.filter(pk=obj.pk, label="locked").aexists()


class WrittenTags(AsyncTags):
    async def Retrieve(self, request: Any, context: Any) -> Any:
        return await (await self.aget_serializer(await self.aget_object())).amessage

    async def Update(self, request: Any, context: Any) -> Any:
        return await super().Update(request, context)


@pytest.mark.parametrize("service", [SyncTags, AsyncTags, WrittenTags])
@pytest.mark.parametrize("rule", [Unlocked, AsyncUnlocked, Unlocked & AsyncUnlocked])
def test_object_permissions(mode: Mode, service: type[Service], rule: Any) -> None:
    locked, free = (Tag.objects.create(label=label) for label in ("locked", "free"))
    with stub_of(mode, with_policies(service, permission_classes=[rule])) as stub:
        assert [tag.label for tag in stub.List().results] == ["locked", "free"]
        for action in ("Retrieve", "Update", "PartialUpdate", "Destroy"):
            call = getattr(stub, action)
            fields = {} if action in {"Retrieve", "Destroy"} else {"label": "new"}
            refused = code_of(partial(call, id=locked.pk, **fields))
            assert refused is StatusCode.PERMISSION_DENIED, action
            assert code_of(partial(call, id=free.pk, **fields)) is StatusCode.OK, action
    assert [tag.label for tag in Tag.objects.all()] == ["locked"]
