"""Django REST framework's own authenticators, on both servers."""

import base64
import json
from typing import Any

import grpc
import pytest
from declared import Stub, code_of, stub_of, trailers_of
from django.contrib.auth.models import User
from django.test import override_settings
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from policies import ByDatabase, ByToken, as_, asked, with_policies
from rest_framework.authentication import (
    BasicAuthentication,
    TokenAuthentication,
)
from rest_framework.authtoken.models import Token
from rest_framework.permissions import IsAuthenticated
from whoami import database, guarded, services


@pytest.fixture(autouse=True)
def _nobody_asked() -> None:
    asked.clear()


def sending(stub: Stub, authorization: str) -> list[Stub]:
    """The stub for a caller who says ``authorization`` in either of the two ways."""
    headers = json.dumps({"Authorization": authorization})
    return [
        stub.options(metadata=[("authorization", authorization)], timeout=10),
        stub.options(metadata=[("headers", headers)], timeout=10),
    ]


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def refusal_of(call: Any) -> dict[str, str | bytes]:
    """The trailing metadata of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return trailers_of(caught.value)


@database
@services
def test_token_authentication(mode: Mode, service: type[Service]) -> None:
    token = Token.objects.create(user=User.objects.create(username="ada"))
    with stub_of(mode, guarded(service, TokenAuthentication)) as stub:
        for ada in sending(stub, f"Token {token.key}"):
            assert ada.AmI().text == f"ada by {token.key}"
            assert [reply.text for reply in ada.Stream()] == ["ada"]
        for nobody in sending(stub, "Token nonsense"):
            assert code_of(nobody.AmI) is StatusCode.UNAUTHENTICATED
            assert code_of(lambda one=nobody: list(one.Stream())) is StatusCode.UNAUTHENTICATED
        User.objects.update(is_active=False)
        for ada in sending(stub, f"Token {token.key}"):
            assert code_of(ada.AmI) is StatusCode.UNAUTHENTICATED


@database
@services
@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
def test_basic_authentication(mode: Mode, service: type[Service]) -> None:
    User.objects.create_user("ada", password="right")
    with stub_of(mode, guarded(service, BasicAuthentication)) as stub:
        for ada in sending(stub, basic("ada", "right")):
            assert ada.AmI().text == "ada by None"
        for text in (basic("ada", "wrong"), basic("bob", "right"), "Basic", "Basic ?!"):
            for nobody in sending(stub, text):
                assert code_of(nobody.AmI) is StatusCode.UNAUTHENTICATED


@database
@services
def test_the_outer_metadata_win_over_the_headers_in_json(
    mode: Mode, service: type[Service]
) -> None:
    """A proxy that sets ``authorization`` cannot look into JSON."""
    token = Token.objects.create(user=User.objects.create(username="ada"))
    headers = json.dumps({"Authorization": "Token nonsense"})
    metadata = [("headers", headers), ("authorization", f"Token {token.key}")]
    with stub_of(mode, guarded(service, TokenAuthentication)) as stub:
        assert stub.options(metadata=metadata).AmI().text == f"ada by {token.key}"


class Quiet(ByToken):
    """One that does not say how to authenticate."""


class Challenging(ByDatabase):
    async def authenticate_header(self, context: Any) -> str:
        return 'Label realm="Ä"'


@database
@services
@pytest.mark.parametrize(
    ("classes", "challenge"),
    [
        ([BasicAuthentication, TokenAuthentication], 'Basic realm="api"'),
        ([TokenAuthentication, BasicAuthentication], "Token"),
        ([Challenging], 'Label realm="?"'),
        ([Quiet, BasicAuthentication], None),
    ],
)
def test_the_first_authenticator_says_how_to_authenticate(
    mode: Mode, service: type[Service], classes: list[type], challenge: str | None
) -> None:
    with stub_of(mode, guarded(service, *classes)) as stub:
        assert refusal_of(stub.AmI).get("www-authenticate") == challenge
        assert refusal_of(lambda: list(stub.Stream())).get("www-authenticate") == challenge


@database
@services
def test_refused_credentials_are_answered_with_the_challenge(
    mode: Mode, service: type[Service]
) -> None:
    with stub_of(mode, guarded(service, TokenAuthentication)) as stub:
        nobody = sending(stub, "Token nonsense")[0]
        assert refusal_of(nobody.AmI)["www-authenticate"] == "Token"


@services
def test_a_known_caller_who_may_not_gets_no_challenge(mode: Mode, service: type[Service]) -> None:
    class Nobody(IsAuthenticated):
        def has_permission(self, request: Any, view: Any) -> bool:
            return False

    rules = {"authentication_classes": [ByToken], "permission_classes": [Nobody]}
    with stub_of(mode, with_policies(service, **rules)) as stub:
        assert code_of(as_(stub, token="bob").AmI) is StatusCode.PERMISSION_DENIED
        assert "www-authenticate" not in refusal_of(as_(stub, token="bob").AmI)
