"""Permissions of services: operators, objects, and those of Django REST framework."""

from functools import partial
from typing import Any

import pytest
from declared import code_of, stub_of
from django.contrib.auth.models import Permission, User
from django_socio_grpc.permissions import SAFE_ACTIONS, GRPCActionBasePermission
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from library.models import Tag
from policies import with_policies
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.permissions import (
    BasePermission,
    DjangoModelPermissions,
    IsAuthenticatedOrReadOnly,
)
from servicers import AsyncEcho, SyncEcho, hook_of
from tag_actions import AsyncTags

pytestmark = pytest.mark.django_db(transaction=True)
OK, DENIED = StatusCode.OK, StatusCode.PERMISSION_DENIED
UNKNOWN_CALLER = StatusCode.UNAUTHENTICATED


class WrittenTags(AsyncTags):
    async def Retrieve(self, request: Any, context: Any) -> Any:
        return await (await self.aget_serializer(await self.aget_object())).amessage


services = pytest.mark.parametrize("service", [AsyncTags, WrittenTags])


class Yes(GRPCActionBasePermission):
    """Everybody may, with every object."""


class No(GRPCActionBasePermission):
    def has_permission(self, context: Any, service: Any) -> bool:
        return False

    def has_object_permission(self, context: Any, service: Any, obj: Any) -> bool:
        return False


class AsyncYes(GRPCActionBasePermission):
    async def has_permission(self, context: Any, service: Any) -> bool:  # type: ignore[override]
        return await Tag.objects.acount() == 1

    async def has_object_permission(self, context: Any, service: Any, obj: Any) -> bool:  # type: ignore[override]
        return await Tag.objects.filter(pk=obj.pk).aexists()


class AsyncNo(GRPCActionBasePermission):
    async def has_permission(self, context: Any, service: Any) -> bool:  # type: ignore[override]
        return await Tag.objects.acount() == 0

    async def has_object_permission(self, context: Any, service: Any, obj: Any) -> bool:  # type: ignore[override]
        return not await Tag.objects.filter(pk=obj.pk).aexists()


class NoObject(BasePermission):
    """Of Django REST framework's kind: everybody may call, and no object may be used."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return False


class AsyncNoObject(GRPCActionBasePermission):
    async def has_object_permission(self, context: Any, service: Any, obj: Any) -> bool:  # type: ignore[override]
        return not await Tag.objects.filter(pk=obj.pk).aexists()


TRUTHS = {Yes: True, No: False, AsyncYes: True, AsyncNo: False}


@services
@pytest.mark.parametrize("first", TRUTHS)
def test_truth_table_of_operators(mode: Mode, service: type[Service], first: Any) -> None:
    """Two async permissions that deny, joined by ``|``, deny: a coroutine is no answer."""
    tag = Tag.objects.create(label="x")
    one = TRUTHS[first]
    for second, two in TRUTHS.items():
        rules = [
            (first & second, one and two),
            (first | second, one or two),
            (~(first | second), not (one or two)),
            (~(first & ~second) | second, two or not one),
        ]
        for rule, allowed in rules:
            with stub_of(mode, with_policies(service, permission_classes=[rule])) as stub:
                code = code_of(partial(stub.Retrieve, id=tag.pk))
            assert code is (OK if allowed else DENIED), (rule, second)


OBJECT_RULES: list[tuple[Any, bool]] = [
    (NoObject, False),
    (AsyncNoObject, False),
    (~NoObject & Yes, False),  # NOT denies the call itself: everybody may make it
    (NoObject | AsyncYes, True),
    (AsyncNoObject | Yes, True),
    (AsyncNoObject | NoObject, False),
    (AsyncNoObject & AsyncYes, False),
    (Yes & AsyncYes, True),
    (No | AsyncNoObject, False),
]


@services
def test_operators_and_objects(mode: Mode, service: type[Service]) -> None:
    tag = Tag.objects.create(label="x")
    for rule, allowed in OBJECT_RULES:
        with stub_of(mode, with_policies(service, permission_classes=[rule])) as stub:
            code = code_of(partial(stub.Retrieve, id=tag.pk))
        assert code is (OK if allowed else DENIED), rule


@services
def test_a_permission_by_action(mode: Mode, service: type[Service]) -> None:
    class ReadOnly(GRPCActionBasePermission):
        message = "Only reading."

        def has_permission(self, context: Any, service: Any) -> bool:
            return service.action in SAFE_ACTIONS

    tag = Tag.objects.create(label="x")
    with stub_of(mode, with_policies(service, permission_classes=[ReadOnly])) as stub:
        assert code_of(stub.List) is OK
        assert code_of(partial(stub.Retrieve, id=tag.pk)) is OK
        assert code_of(partial(stub.Destroy, id=tag.pk)) is DENIED


@services
def test_permissions_that_go_by_the_http_method(mode: Mode, service: type[Service]) -> None:
    tag = Tag.objects.create(label="x")
    rules = {
        "authentication_classes": [TokenAuthentication],
        "permission_classes": [IsAuthenticatedOrReadOnly],
    }
    with stub_of(mode, with_policies(service, **rules)) as stub:
        assert code_of(stub.List) is OK
        assert code_of(partial(stub.Retrieve, id=tag.pk)) is OK
        for action in ("Create", "Update", "PartialUpdate", "Destroy"):
            assert code_of(partial(getattr(stub, action), id=tag.pk)) is UNKNOWN_CALLER


@services
def test_permissions_of_models(mode: Mode, service: type[Service]) -> None:
    tag = Tag.objects.create(label="x")
    user = User.objects.create(username="ada")
    token = Token.objects.create(user=user)
    needed = {"Create": "add", "Update": "change", "PartialUpdate": "change", "Destroy": "delete"}
    rules = {
        "authentication_classes": [TokenAuthentication],
        "permission_classes": [DjangoModelPermissions],
    }
    with stub_of(mode, with_policies(service, **rules)) as stub:
        assert code_of(stub.List) is UNKNOWN_CALLER
        ada = stub.options(metadata=[("authorization", f"Token {token.key}")])
        assert code_of(ada.List) is OK
        for action, verb in needed.items():
            user.user_permissions.clear()
            fields = {} if action == "Destroy" else {"label": action}
            call = partial(getattr(ada, action), id=tag.pk, **fields)
            assert code_of(call) is DENIED, action
            user.user_permissions.add(Permission.objects.get(codename=f"{verb}_tag"))
            assert code_of(call) is OK, action


@pytest.mark.parametrize("service", [SyncEcho, AsyncEcho])
@pytest.mark.parametrize("rule", [No, AsyncNo])
def test_permissions_given_to_the_servicer(mode: Mode, service: Any, rule: type) -> None:
    """What ``as_servicer`` is given guards the calls, though the class itself lets all in."""
    Tag.objects.create(label="x")
    contract, hook = hook_of(service, permission_classes=[rule])
    with serve(mode, hook) as server, server.channel() as channel:
        assert code_of(contract.stub(channel).Say) is DENIED


def test_each_safe_action_is_one_that_reads() -> None:
    assert set(SAFE_ACTIONS) == {"List", "Retrieve", "Stream"}
