"""Keys that open nothing: one answer for all, and no query for what cannot be a key."""

import json
from datetime import timedelta
from typing import Any

import grpc
import pytest
from declared import Contract, Stub, code_of, stub_of, trailers_of
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.text import ALPHABET, generate
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from keyed import database_down, forget_all, holding, id_of, issue, keyed, row_of, showing
from whoami import SyncWho, database, services

pytestmark = database
UNAUTHENTICATED = StatusCode.UNAUTHENTICATED
ANSWER = {"message": "The API key is not valid.", "code": "authentication_failed"}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_all()


def refusal(stub: Stub, stream: bool = False) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        list(stub.Stream()) if stream else stub.AmI()
    return caught.value


def other(character: str) -> str:
    return ALPHABET[ALPHABET.index(character) - 1]


def bad_texts() -> dict[str, str]:
    """What is no key, and can be told without the database."""
    key = issue()
    return {
        "empty": "",
        "a word": "secret",
        "the secret key": settings.SECRET_KEY,
        "wrong checksum": key[:-1] + other(key[-1]),
        "wrong secret": key[:-8] + other(key[-8]) + key[-7:],
        "wrong id": key.replace(id_of(key), "0" * 10),
        "cut": key[:-1],
        "longer": f"{key}0",
        "too long": key * 10,
        "other environment": generate("grpc", "test").text,
        "other project": generate("grpcs", "live").text,
        "digest": row_of(key).digest,
    }


def refused_keys() -> dict[str, str]:
    """Keys of which the database alone knows that they open nothing."""
    issued = {name: issue() for name in ("revoked", "expired", "moved", "deleted")}
    row_of(issued["revoked"]).revoke()
    APIKey.objects.filter(pk=id_of(issued["expired"])).update(expires_at=timezone.now())
    APIKey.objects.filter(pk=id_of(issued["deleted"])).delete()
    # Another secret for the same id.
    APIKey.objects.filter(pk=id_of(issued["moved"])).update(digest=row_of(issue()).digest)
    retired = User.objects.create(username="retired", is_active=False)
    return {
        **issued,
        "unknown": generate("grpc", "live").text,
        "inactive": issue(user=retired),
    }


@services
def test_the_answer_is_always_the_same(mode: Mode, service: type[Service]) -> None:
    texts = {**bad_texts(), **refused_keys()}
    with stub_of(mode, keyed(service)) as stub:
        for name, text in texts.items():
            for stream in (False, True):
                error = refusal(holding(stub, text), stream)
                assert error.code() is UNAUTHENTICATED, name
                assert json.loads(str(error.details())) == ANSWER, name
                assert trailers_of(error)["www-authenticate"] == "Api-Key"
            error = refusal(showing(stub, ("authorization", f"Api-Key {text}")))
            assert json.loads(str(error.details())) == ANSWER, name


def test_a_permission_that_lets_everybody_in_does_not_let_in_a_bad_key(mode: Mode) -> None:
    with stub_of(mode, keyed(SyncWho, permission_classes=[])) as stub:
        assert code_of(stub.AmI) is StatusCode.OK
        for text in {**bad_texts(), **refused_keys()}.values():
            assert code_of(holding(stub, text).AmI) is UNAUTHENTICATED


@services
def test_letters_that_look_alike_are_others(mode: Mode, service: type[Service]) -> None:
    """In metadata there can be none, but there can be in headers as JSON."""
    key = issue()
    twins = [key.replace("g", "\u0261", 1), key.replace("_", "\uff3f"), key + "\u200b"]
    with stub_of(mode, keyed(service)) as stub:
        for twin in twins:
            caller = showing(stub, ("headers", json.dumps({"x-api-key": twin})))
            assert json.loads(str(refusal(caller).details())) == ANSWER


@services
@pytest.mark.parametrize("text", ["\x00", ["a"], {"a": 1}, None, 7])
def test_what_no_metadata_could_hold(mode: Mode, service: type[Service], text: Any) -> None:
    with stub_of(mode, keyed(service)) as stub:
        for headers in ({"x-api-key": text}, {"authorization": f"Api-Key {text}"}):
            caller = showing(stub, ("headers", json.dumps(headers)))
            assert json.loads(str(refusal(caller).details())) == ANSWER


@pytest.mark.parametrize("size", [600, 7_000, 100_000])
def test_a_text_of_any_size(mode: Mode, size: int) -> None:
    with stub_of(mode, keyed(SyncWho)) as stub:
        caller = holding(stub, "a" * size)
        # grpc itself refuses what is more than metadata may be.
        allowed = {UNAUTHENTICATED, StatusCode.RESOURCE_EXHAUSTED}
        assert code_of(caller.AmI) in (allowed if size > 7_000 else {UNAUTHENTICATED})
        assert code_of(holding(stub, issue()).AmI) is StatusCode.OK


@services
def test_what_is_shown_twice_is_refused(mode: Mode, service: type[Service]) -> None:
    """Who looks at the first one would know another caller than who looks at the last."""
    key = issue()
    with stub_of(mode, keyed(service)) as stub:
        for pairs in (
            [("authorization", f"Api-Key {key}")] * 2,
            [("authorization", "Basic YTpi"), ("authorization", f"Api-Key {key}")],
            [("authorization", "Basic YTpi"), ("authorization", "Basic YTpi")],
            [("x-api-key", key), ("x-api-key", issue())],
            [("x-api-key", key), ("authorization", f"Bearer {issue()}")],
        ):
            assert json.loads(str(refusal(showing(stub, *pairs)).details())) == ANSWER


@services
def test_what_is_no_key_does_not_reach_the_database(mode: Mode, service: type[Service]) -> None:
    contract = Contract(keyed(service))
    texts = bad_texts()
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        with server.queries() as queries:
            for text in texts.values():
                assert code_of(holding(stub, text).AmI) is UNAUTHENTICATED
        assert queries == []
        with server.queries() as queries:
            assert code_of(holding(stub, generate("grpc", "live").text).AmI) is UNAUTHENTICATED
        assert len(queries) == 1


@services
def test_who_cannot_be_asked_for_lets_nobody_in(mode: Mode, service: type[Service]) -> None:
    """Nor is the caller anonymous, where anybody may call."""
    rules: list[dict[str, Any]] = [{}, {"permission_classes": []}]
    for policies in rules:
        with stub_of(mode, keyed(service, **policies)) as stub:
            key = issue()
            with database_down():
                assert code_of(holding(stub, key).AmI) is StatusCode.UNAVAILABLE
                assert code_of(holding(stub, "no key").AmI) is UNAUTHENTICATED
            assert code_of(holding(stub, key).AmI) is StatusCode.OK


@services
def test_who_shows_too_many_is_not_looked_at(mode: Mode, service: type[Service]) -> None:
    key = issue()
    with (
        override_settings(GRPC_FRAMEWORK={"API_KEY_FAILURES": "3/hour"}),
        stub_of(mode, keyed(service)) as stub,
    ):
        assert code_of(holding(stub, key).AmI) is StatusCode.OK
        for _ in range(3):
            assert code_of(holding(stub, generate("grpc", "live").text).AmI) is UNAUTHENTICATED
        for text in (generate("grpc", "live").text, "no key", "a" * 600, issue()):
            error = refusal(holding(stub, text))
            assert error.code() is StatusCode.RESOURCE_EXHAUSTED
            assert 0 < int(trailers_of(error)["retry-after"]) <= 3600
        # Who is in memory goes on, and so does who shows nothing.
        assert code_of(holding(stub, key).AmI) is StatusCode.OK
        assert code_of(stub.AmI) is UNAUTHENTICATED


def test_without_a_limit_all_are_looked_at(mode: Mode) -> None:
    given: Any = {"API_KEY_FAILURES": None}
    with override_settings(GRPC_FRAMEWORK=given), stub_of(mode, keyed(SyncWho)) as stub:
        found = {code_of(holding(stub, "no key").AmI) for _ in range(70)}
    assert found == {UNAUTHENTICATED}


def test_an_expired_key_ends_at_its_time(mode: Mode) -> None:
    """Not when it is asked for next."""
    ends = timezone.now() + timedelta(seconds=2)
    key = issue(expires_at=ends)
    with stub_of(mode, keyed(SyncWho)) as stub:
        codes = [code_of(holding(stub, key).AmI)]
        deadline = timezone.now() + timedelta(seconds=30)
        while codes[-1] is StatusCode.OK and timezone.now() < deadline:
            codes.append(code_of(holding(stub, key).AmI))
        assert {*codes} == {StatusCode.OK, UNAUTHENTICATED}
        assert timezone.now() < ends + timedelta(seconds=20)
