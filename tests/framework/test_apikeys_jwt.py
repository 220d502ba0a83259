"""Tokens of djangorestframework-simplejwt, alone and beside keys."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from declared import Stub, code_of, stub_of
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from django_socio_grpc.apikeys.authentication import APIKeyAuthentication
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from keyed import forget_all, holding, id_of, issue, keyed, showing
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import AccessToken
from whoami import database, services

pytestmark = database
SIGNING_KEY = "a key that signs tokens, of 64 bytes or more, for the longest digest"
AUDIENCE, ISSUER = "library", "https://login.example.com"
UNAUTHENTICATED = StatusCode.UNAUTHENTICATED


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    forget_all()
    given = {
        "ALGORITHM": "HS256",
        "SIGNING_KEY": SIGNING_KEY,
        "AUDIENCE": AUDIENCE,
        "ISSUER": ISSUER,
        "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    }
    with override_settings(SIMPLE_JWT=given):
        yield


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


def bearing(stub: Stub, token: object) -> Stub:
    return showing(stub, ("authorization", f"Bearer {token}"))


def token(
    user: User, *, signed_by: str = SIGNING_KEY, algorithm: str = "HS256", **claims: Any
) -> str:
    """A token made by hand, without what is None in ``claims``."""
    full = {
        "token_type": "access",
        "jti": "1",
        "user_id": str(user.pk),
        "aud": AUDIENCE,
        "iss": ISSUER,
        "exp": timezone.now() + timedelta(minutes=5),
        **claims,
    }
    payload = {name: value for name, value in full.items() if value is not None}
    return jwt.encode(payload, signed_by, algorithm=algorithm)


@services
def test_a_token_says_who_calls(mode: Mode, service: type[Service], ada: User) -> None:
    with stub_of(mode, keyed(service, authentication_classes=[JWTAuthentication])) as stub:
        for good in (AccessToken.for_user(ada), token(ada)):
            assert bearing(stub, good).AmI().text.startswith("ada by ")
            assert [reply.text for reply in bearing(stub, good).Stream()] == ["ada"]
        assert code_of(stub.AmI) is UNAUTHENTICATED


@services
def test_a_token_that_is_not_as_agreed_is_refused(
    mode: Mode, service: type[Service], ada: User
) -> None:
    bad = {
        "another key": token(ada, signed_by="x" * 40),
        "another algorithm": token(ada, algorithm="HS512"),
        "no algorithm": token(ada, signed_by="", algorithm="none"),
        "another audience": token(ada, aud="shop"),
        "no audience": token(ada, aud=None),
        "another issuer": token(ada, iss="https://evil.example.com"),
        "no issuer": token(ada, iss=None),
        "expired": token(ada, exp=timezone.now() - timedelta(seconds=1)),
        "no expiry": token(ada, exp=None),
        "another kind": token(ada, token_type="refresh"),
        "nobody": token(User(pk=0)),
        "no token": "eyJhbGciOi",
    }
    classes = [APIKeyAuthentication, JWTAuthentication]
    with stub_of(mode, keyed(service, authentication_classes=classes)) as stub:
        for name, text in bad.items():
            assert code_of(bearing(stub, text).AmI) is UNAUTHENTICATED, name
        User.objects.update(is_active=False)
        assert code_of(bearing(stub, token(ada)).AmI) is UNAUTHENTICATED


@services
@pytest.mark.parametrize("keys_first", [True, False])
def test_tokens_and_keys_together(
    mode: Mode, service: type[Service], ada: User, keys_first: bool
) -> None:
    """Keys first, for a token's authenticator takes every bearer for its own."""
    classes = [APIKeyAuthentication, JWTAuthentication]
    rules = {"authentication_classes": classes if keys_first else classes[::-1]}
    key = issue()
    with stub_of(mode, keyed(service, **rules)) as stub:
        assert bearing(stub, token(ada)).AmI().text.startswith("ada by ")
        assert holding(stub, key).AmI().text.endswith(id_of(key))
        shown = code_of(bearing(stub, key).AmI)
        assert shown is (StatusCode.OK if keys_first else UNAUTHENTICATED)
        twice = showing(stub, *[("authorization", f"Bearer {token(ada)}")] * 2)
        assert not keys_first or code_of(twice.AmI) is UNAUTHENTICATED
