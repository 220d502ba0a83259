"""What a handler learns from its context, on both servers."""

import json
from typing import Any

import grpc
import pytest
from asks import services
from declared import stub_of
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode


def about(mode: Mode, service: type[Service], what: str, *metadata: Any, **options: Any) -> Any:
    """What the handler sees of a call with this metadata."""
    with stub_of(mode, service) as stub:
        reply = stub.options(metadata=metadata, **{"timeout": 10, **options}).About(text=what)
    return json.loads(reply.text)


@services
def test_invocation_metadata(mode: Mode, service: type[Service]) -> None:
    sent = [("x-token", "abc"), ("x-token", "second"), ("x-data-bin", b"\x00\xff")]
    seen = about(mode, service, "metadata", *sent)
    assert [pair for pair in seen if pair[0].startswith("x-")] == [
        ["x-token", "'abc'"],
        ["x-token", "'second'"],
        ["x-data-bin", repr(b"\x00\xff")],
    ]


@services
def test_headers(mode: Mode, service: type[Service]) -> None:
    sent = [("x-token", "abc"), ("accept-language", "de")]
    assert about(mode, service, "headers", *sent) == {"X-Token": "abc", "accept-language": "de"}


@services
def test_authorization_from_metadata_and_from_the_json_form(
    mode: Mode, service: type[Service]
) -> None:
    assert about(mode, service, "authorization", ("authorization", "Bearer x")) == "Bearer x"
    as_json = ("headers", json.dumps({"Authorization": "Bearer y"}))
    assert about(mode, service, "authorization", as_json) == "Bearer y"
    assert about(mode, service, "authorization") is None


TRUSTED = [
    "REMOTE_USER",
    "REMOTE_ADDR",
    "SERVER_NAME",
    "SERVER_PORT",
    "REQUEST_METHOD",
    "wsgi.input",
]


@services
@pytest.mark.parametrize("name", TRUSTED)
def test_nothing_that_a_client_sends_sets_a_trusted_key(
    mode: Mode, service: type[Service], name: str
) -> None:
    """However it is spelt, and in either form, it ends up behind ``HTTP_``."""
    spellings = {name, name.lower(), name.replace("_", "-"), name.lower().replace("_", "-")}
    as_metadata = [(key, "mallory") for key in {spelling.lower() for spelling in spellings}]
    as_json = ("headers", json.dumps(dict.fromkeys(spellings, "mallory")))
    meta = about(mode, service, "META", *as_metadata, as_json)
    assert [key for key, value in meta.items() if value == "mallory"] != []
    assert all(key.startswith("HTTP_") for key, value in meta.items() if value == "mallory")
    assert "mallory" not in {meta.get(name), meta.get(name.upper())}


@services
def test_a_header_that_a_proxy_owns_has_no_second_spelling(
    mode: Mode, service: type[Service]
) -> None:
    """What the proxy has set stands, whatever the client hides in "_" or in JSON."""
    sent = [
        ("x-remote-user", "proxy"),
        ("x_remote_user", "mallory"),
        ("headers", json.dumps({"X-Remote-User": "mallory", "X_Remote_User": "mallory"})),
    ]
    assert about(mode, service, "META", *sent)["HTTP_X_REMOTE_USER"] == "proxy"
    assert "HTTP_X_REMOTE_USER" not in about(mode, service, "META", *sent[1:])


@services
def test_metadata_wins_over_the_json_form(mode: Mode, service: type[Service]) -> None:
    sent = [("authorization", "outer"), ("headers", json.dumps({"Authorization": "inner"}))]
    assert about(mode, service, "authorization", *sent) == "outer"


@services
def test_query_parameters(mode: Mode, service: type[Service]) -> None:
    sent = [
        ("filters", json.dumps({"search": "ü", "id": [1, 2]})),
        ("pagination", json.dumps({"page": 3})),
    ]
    assert about(mode, service, "query", *sent) == {
        "search": ["ü"],
        "id": ["1", "2"],
        "page": ["3"],
        "same": True,
    }


@services
@pytest.mark.parametrize(
    ("name", "what"), [("headers", "META"), ("filters", "query"), ("pagination", "query")]
)
@pytest.mark.parametrize("text", ["{", "[1]", "null", '{"a": '])
def test_bad_json_is_the_clients_fault(
    mode: Mode, service: type[Service], name: str, what: str, text: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        about(mode, service, what, (name, text))
    assert caught.value.code() is StatusCode.INVALID_ARGUMENT
    assert f"The metadata '{name}' is not a JSON object." in str(caught.value.details())


@services
def test_peer(mode: Mode, service: type[Service]) -> None:
    peer, address = about(mode, service, "peer")
    assert peer.startswith("ipv4:127.0.0.1:")
    assert address == "127.0.0.1"


@services
def test_the_call_as_a_request(mode: Mode, service: type[Service]) -> None:
    name = service.__name__
    assert about(mode, service, "request") == [f"{name}/About", "POST", "About", name]


@services
def test_an_insecure_channel_proves_no_identity(mode: Mode, service: type[Service]) -> None:
    assert "x509_common_name" not in about(mode, service, "auth_context")


@services
@pytest.mark.parametrize(("sent", "kept"), [("abc-123", True), ("x" * 65, False), ("", False)])
def test_request_id(mode: Mode, service: type[Service], sent: str, kept: bool) -> None:
    first, second = about(mode, service, "request_id", ("x-request-id", sent))
    assert first == second
    assert (first == sent) is kept
    assert 0 < len(first) <= 64


@services
def test_every_call_has_its_own_request_id(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        ids = {stub.About(text="request_id").text for _ in range(5)}
    assert len(ids) == 5


@services
def test_attributes_of_the_users_own_last_one_call(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        for _ in range(2):
            reply = stub.About(text="attributes")
            assert json.loads(reply.text) == ["acme", None, None, False]


@services
def test_liveness(mode: Mode, service: type[Service]) -> None:
    assert about(mode, service, "liveness", timeout=None) == [True, False, None]
    active, cancelled, remaining = about(mode, service, "liveness", timeout=30)
    assert (active, cancelled) == (True, False)
    assert remaining == pytest.approx(30, abs=1)


@services
@pytest.mark.parametrize(
    ("what", "seen"),
    [
        ("identity", [None, None, False]),
        ("status", [None, "OK", "all is well"]),
        ("compression", "a" * 1000),
    ],
)
def test_what_else_a_servicer_context_has(
    mode: Mode, service: type[Service], what: str, seen: Any
) -> None:
    assert about(mode, service, what) == seen
