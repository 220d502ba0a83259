"""Who may call: authenticators of either colour, on both servers."""

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
