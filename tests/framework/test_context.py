"""What a handler learns from its context, and what it can say by it, on both servers."""

import json
from typing import Any

import grpc
import pytest
from declared import stub_of
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


def describe(context: Any, what: str) -> Any:
    """The part of the context that a test asks for, as JSON can carry it."""
    match what:
        case "metadata":
            return [[key, repr(value)] for key, value in context.invocation_metadata()]
        case "META":
            return dict(context.META)
        case "headers":
            return {key: context.headers[key] for key in ("X-Token", "accept-language")}
        case "authorization":
            return context.headers.get("Authorization")
        case "query":
            return {
                **dict(context.query_params.lists()),
                "same": context.GET is context.query_params,
            }
        case "peer":
            return [context.peer(), context.META["REMOTE_ADDR"]]
        case "request":
            return [context.path, context.method, context.action, context.service_name]
        case "auth_context":
            return sorted(context.auth_context())
        case "request_id":
            return [context.request_id, context.request_id]
        case "attributes":
            context.tenant = "acme"
            return [context.tenant, context.user, context.auth, hasattr(context, "other")]
        case "liveness":
            return [context.is_active(), context.cancelled(), context.time_remaining()]
    raise ValueError(what)


class SyncAsk(Service):
    service_name = "Ask"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def About(self, request: Any, context: Any) -> Any:
        return self.pb.AskAboutResponse(text=json.dumps(describe(context, request.text)))

    @grpc_action(request=TEXT, response=TEXT)
    def Answer(self, request: Any, context: Any) -> Any:
        context.send_initial_metadata([("x-first", "one"), ("x-bytes-bin", b"\x00\xff")])
        context.set_trailing_metadata([("x-last", "two")])
        return self.end(request, context)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Answers(self, request: Any, context: Any) -> Any:
        context.send_initial_metadata([("x-first", "one"), ("x-bytes-bin", b"\x00\xff")])
        yield self.pb.AskAnswersResponse(text="a")
        context.set_trailing_metadata([("x-last", "two")])
        self.end(request, context)
        yield self.pb.AskAnswersResponse(text="b")

    def end(self, request: Any, context: Any) -> Any:
        match request.text:
            case "code":
                context.set_code(StatusCode.DATA_LOSS)
                context.set_details("some of it: ü")
            case "abort":
                context.abort(StatusCode.DATA_LOSS, "some of it: ü")
            case "details only":
                context.set_details("never sent")
            case "OK":
                context.set_code(StatusCode.OK)
        return self.pb.AskAnswerResponse(text="a")


class AsyncAsk(SyncAsk):
    async def About(self, request: Any, context: Any) -> Any:
        return self.pb.AskAboutResponse(text=json.dumps(describe(context, request.text)))

    async def Answer(self, request: Any, context: Any) -> Any:
        await context.send_initial_metadata([("x-first", "one"), ("x-bytes-bin", b"\x00\xff")])
        context.set_trailing_metadata([("x-last", "two")])
        return self.end(request, context)

    async def Answers(self, request: Any, context: Any) -> Any:
        await context.send_initial_metadata([("x-first", "one"), ("x-bytes-bin", b"\x00\xff")])
        yield self.pb.AskAnswersResponse(text="a")
        context.set_trailing_metadata([("x-last", "two")])
        self.end(request, context)
        yield self.pb.AskAnswersResponse(text="b")


services = pytest.mark.parametrize("service", [SyncAsk, AsyncAsk])


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


# Answers


def pairs(metadata: Any) -> dict[str, Any]:
    return {key: value for key, value in metadata or () if key.startswith("x-")}


FIRST = {"x-first": "one", "x-bytes-bin": b"\x00\xff"}
LAST = {"x-last": "two"}


@services
@pytest.mark.parametrize("text", ["", "details only", "OK"])
def test_metadata_of_an_answer(mode: Mode, service: type[Service], text: str) -> None:
    with stub_of(mode, service) as stub:
        reply, call = stub.method("Answer").with_call(stub.pb.AskAnswerRequest(text=text))
        assert reply.text == "a"
        assert (pairs(call.initial_metadata()), pairs(call.trailing_metadata())) == (FIRST, LAST)
        assert call.code() is StatusCode.OK


@services
def test_metadata_of_a_stream(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.options(timeout=10).Answers(text="")
        assert pairs(replies.initial_metadata()) == FIRST
        assert [reply.text for reply in replies] == ["a", "b"]
        assert pairs(replies.trailing_metadata()) == LAST


@services
@pytest.mark.parametrize("text", ["code", "abort"])
def test_metadata_of_an_error(mode: Mode, service: type[Service], text: str) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.options(timeout=10).Answer(text=text)
    error: Any = caught.value
    assert (error.code(), error.details()) == (StatusCode.DATA_LOSS, "some of it: ü")
    assert (pairs(error.initial_metadata()), pairs(error.trailing_metadata())) == (FIRST, LAST)


@services
@pytest.mark.parametrize(("text", "read"), [("code", ["a", "b"]), ("abort", ["a"])])
def test_metadata_of_a_stream_that_fails(
    mode: Mode, service: type[Service], text: str, read: list[str]
) -> None:
    letters = []
    with stub_of(mode, service) as stub:
        replies = stub.options(timeout=10).Answers(text=text)
        with pytest.raises(grpc.RpcError) as caught:
            for reply in replies:
                letters.append(reply.text)
    error: Any = caught.value
    assert letters == read
    assert (error.code(), error.details()) == (StatusCode.DATA_LOSS, "some of it: ü")
    assert pairs(error.trailing_metadata()) == LAST
