"""Who may call: authenticators and permissions of either colour, on both servers."""

import json
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.test import override_settings
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import Unauthenticated
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission, IsAdminUser, IsAuthenticated

pytestmark = pytest.mark.django_db(transaction=True)

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
asked: list[str] = []


@pytest.fixture(autouse=True)
def _nobody_asked() -> None:
    asked.clear()


class ByToken(BaseAuthentication):
    """Knows who sends ``x-token: <name>``; ``bad`` is refused, ``bug`` is a bug."""

    def authenticate(self, request: Any) -> Any:
        asked.append(type(self).__name__)
        token = request.META.get("HTTP_X_TOKEN")
        if token == "bad":
            raise AuthenticationFailed("The token is not good.")
        if token == "bug":
            raise ValueError("password=hunter2")
        if token is None:
            return None
        return SimpleNamespace(name=token, is_authenticated=True, is_staff=token == "root"), token


class ByDatabase:
    """The same, for who is in the database, by async code."""

    async def authenticate(self, context: Any) -> Any:
        asked.append(type(self).__name__)
        label = context.META.get("HTTP_X_LABEL", "")
        if label == "bad":
            raise Unauthenticated("The label is not good.")
        tag = await Tag.objects.filter(label=label).afirst()
        return tag and (
            SimpleNamespace(name=tag.label, is_authenticated=True, is_staff=False),
            tag,
        )


class Who(Service):
    service_name = "Who"
    pb: Any


class SyncWho(Who):
    @grpc_action(request=TEXT, response=TEXT)
    def AmI(self, request: Any, context: Any) -> Any:
        asked.append("handler")
        name = context.user.name if context.user else f"{context.user} {context.auth}"
        return self.pb.WhoAmIResponse(text=name)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Any:
        for message in request:
            yield self.pb.WhoChatResponse(text=f"{context.user.name}: {message.text}")


class AsyncWho(Who):
    @grpc_action(request=TEXT, response=TEXT)
    async def AmI(self, request: Any, context: Any) -> Any:
        asked.append("handler")
        name = context.user.name if context.user else f"{context.user} {context.auth}"
        return self.pb.WhoAmIResponse(text=name)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> Any:
        async for message in request:
            yield self.pb.WhoChatResponse(text=f"{context.user.name}: {message.text}")


services = pytest.mark.parametrize("service", [SyncWho, AsyncWho])


def with_policies(service: type[Service], **attributes: Any) -> type[Service]:
    return type(service.__name__, (service,), attributes)


def as_(stub: Stub, **metadata: str) -> Stub:
    """The stub for a caller with this metadata."""
    pairs = [(f"x-{name}", value) for name, value in metadata.items()]
    return stub.options(metadata=pairs, timeout=10)


def code_of(call: Any) -> StatusCode:
    """The status of a call; OK if it succeeds."""
    try:
        call()
    except grpc.RpcError as error:
        code: StatusCode = error.code()
        return code
    return StatusCode.OK


# Authentication


@services
@pytest.mark.parametrize("classes", [[ByToken, ByDatabase], [ByDatabase, ByToken]])
def test_first_authenticator_that_succeeds_wins(
    mode: Mode, service: type[Service], classes: list[type]
) -> None:
    Tag.objects.create(label="ada")
    with stub_of(mode, with_policies(service, authentication_classes=classes)) as stub:
        assert (
            as_(stub, token="bob", label="ada").AmI().text
            == ("bob", "ada")[classes[0] is ByDatabase]
        )
        assert asked == [classes[0].__name__, "handler"]
        asked.clear()
        assert as_(stub, label="ada").AmI().text == "ada"
        assert as_(stub, token="bob").AmI().text == "bob"


@services
def test_nobody_known_is_no_user(mode: Mode, service: type[Service]) -> None:
    classes = [ByToken, ByDatabase]
    with stub_of(mode, with_policies(service, authentication_classes=classes)) as stub:
        assert stub.AmI().text == "None None"
    assert asked == ["ByToken", "ByDatabase", "handler"]


@services
@pytest.mark.parametrize(
    ("metadata", "message"),
    [({"token": "bad"}, "The token is not good."), ({"label": "bad"}, "The label is not good.")],
)
def test_refused_caller(
    mode: Mode, service: type[Service], metadata: dict[str, str], message: str
) -> None:
    classes = [ByToken, ByDatabase]
    with (
        stub_of(mode, with_policies(service, authentication_classes=classes)) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        as_(stub, **metadata).AmI()
    assert caught.value.code() is StatusCode.UNAUTHENTICATED
    assert json.loads(str(caught.value.details()))["message"] == message
    assert "handler" not in asked


@services
def test_a_bug_in_an_authenticator_lets_nobody_in_and_leaks_nothing(
    mode: Mode, service: type[Service]
) -> None:
    with (
        stub_of(mode, with_policies(service, authentication_classes=[ByToken])) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        as_(stub, token="bug").AmI()
    assert caught.value.code() is StatusCode.INTERNAL
    assert "hunter2" not in str(caught.value.details())
    assert "handler" not in asked


@services
@override_settings(
    GRPC_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["test_policies.ByToken"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    }
)
def test_policies_of_the_settings(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert as_(stub, token="bob").AmI().text == "bob"
        assert code_of(stub.AmI) is StatusCode.UNAUTHENTICATED
    with stub_of(mode, with_policies(service, permission_classes=[])) as stub:
        assert stub.AmI().text == "None None"


# Permissions


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
