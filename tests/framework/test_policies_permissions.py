"""Who may call: permissions of either colour, on both servers."""

import json
from typing import Any

import grpc
import pytest
from declared import code_of, stub_of
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import ByDatabase, ByToken, as_, asked, services, with_policies
from rest_framework.permissions import BasePermission, IsAdminUser, IsAuthenticated

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_asked() -> None:
    asked.clear()


class Allow(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return True


class Deny(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class AsyncAllow(BasePermission):
    async def has_permission(self, context: Any, service: Any) -> bool:  # type: ignore[override]
        return not await Tag.objects.filter(label="no such tag").aexists()


class AsyncDeny(BasePermission):
    async def has_permission(self, context: Any, service: Any) -> bool:  # type: ignore[override]
        return await Tag.objects.filter(label="no such tag").aexists()


class OnlyAmI:
    """One of one's own, with the arguments that it really gets, and no base class."""

    message = "Only AmI."

    def has_permission(self, context: Any, service: Any) -> bool:
        return context.path == "Who/AmI" or (
            service.action == "AmI" and service.context is context
        )


RULES: list[tuple[Any, bool]] = [
    (Allow, True),
    (Deny, False),
    (AsyncAllow, True),
    (AsyncDeny, False),
    (~Allow, False),
    (~AsyncAllow, False),
    (~AsyncDeny, True),
    (AsyncDeny & Allow, False),
    (Allow & AsyncDeny, False),
    (AsyncAllow & Allow, True),
    (AsyncDeny | Allow, True),
    (Allow | AsyncDeny, True),
    (AsyncDeny | AsyncDeny, False),
    (AsyncDeny | AsyncAllow, True),
    (~(AsyncAllow & ~AsyncDeny), False),
]


@services
@pytest.mark.parametrize(("rule", "allowed"), RULES)
def test_permissions_and_how_they_combine(
    mode: Mode, service: type[Service], rule: Any, allowed: bool
) -> None:
    with stub_of(mode, with_policies(service, permission_classes=[rule])) as stub:
        code = code_of(stub.AmI)
    assert code is (StatusCode.OK if allowed else StatusCode.PERMISSION_DENIED)
    assert ("handler" in asked) is allowed


@services
def test_every_permission_must_allow(mode: Mode, service: type[Service]) -> None:
    for classes in ([Allow, Deny], [AsyncDeny, Allow], [Allow, AsyncDeny]):
        with stub_of(mode, with_policies(service, permission_classes=classes)) as stub:
            assert code_of(stub.AmI) is StatusCode.PERMISSION_DENIED
    assert asked == []


@services
@pytest.mark.parametrize("authenticator", [ByToken, ByDatabase])
def test_django_rest_framework_permissions(
    mode: Mode, service: type[Service], authenticator: type
) -> None:
    known = {"token": "bob", "label": "bob"}
    Tag.objects.create(label="bob")
    rules = {"authentication_classes": [authenticator], "permission_classes": [IsAuthenticated]}
    with stub_of(mode, with_policies(service, **rules)) as stub:
        assert as_(stub, **known).AmI().text == "bob"
        assert code_of(stub.AmI) is StatusCode.UNAUTHENTICATED
    rules["permission_classes"] = [IsAdminUser]
    with stub_of(mode, with_policies(service, **rules)) as stub:
        assert code_of(as_(stub, **known).AmI) is StatusCode.PERMISSION_DENIED
    rules = {"authentication_classes": [ByToken], "permission_classes": [IsAdminUser]}
    with stub_of(mode, with_policies(service, **rules)) as stub:
        assert as_(stub, token="root").AmI().text == "root"


@services
def test_a_permission_of_ones_own(mode: Mode, service: type[Service]) -> None:
    rules = {"authentication_classes": [ByToken], "permission_classes": [OnlyAmI]}
    with stub_of(mode, with_policies(service, **rules)) as stub:
        bob = as_(stub, token="bob")
        assert bob.AmI().text == "bob"
        with pytest.raises(grpc.RpcError) as caught:
            list(bob.Chat(iter([stub.pb.WhoChatRequest(text="hello")])))
    assert caught.value.code() is StatusCode.PERMISSION_DENIED
    assert json.loads(str(caught.value.details()))["message"] == "Only AmI."


@services
def test_streams_are_checked_before_the_first_message(mode: Mode, service: type[Service]) -> None:
    rules = {"authentication_classes": [ByToken], "permission_classes": [IsAuthenticated]}
    with stub_of(mode, with_policies(service, **rules)) as stub:
        said = [stub.pb.WhoChatRequest(text=text) for text in ("a", "b")]
        replies = as_(stub, token="bob").Chat(iter(said))
        assert [reply.text for reply in replies] == ["bob: a", "bob: b"]
        assert code_of(lambda: list(stub.Chat(iter(said)))) is StatusCode.UNAUTHENTICATED
