"""A call as Django sees a request, on both servers."""

import json
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from certificates import issue, need_openssl
from declared import Contract, stub_of
from django.http import HttpRequest
from django.test import override_settings
from django_socio_grpc import request_transformer
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.context import Context
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.request import CallRequest
from django_socio_grpc.response import CallResponse
from django_socio_grpc.services import Service
from django_socio_grpc.services.servicer_proxy import GRPCRequestContainer
from django_socio_grpc.testing import Mode, serve
from google.protobuf.struct_pb2 import Struct
from grpc import StatusCode
from rest_framework.permissions import IsAuthenticatedOrReadOnly

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


def describe(context: Any, what: str) -> Any:
    """The part of the call that a test asks for, as JSON can carry it."""
    request = context.http_request
    match what:
        case "meta":
            names = ["HTTP_X_TOKEN", "x-token", "X-Token", "x_token", "http_x_token", "X-TOKEN"]
            return [
                [context.META[name], context.META.get(name), name in context.META]
                for name in names
            ]
        case "url":
            return [
                context.path,
                context.path_info,
                context.get_full_path(),
                context.get_full_path(force_append_slash=True),
                context.build_absolute_uri(),
                context.build_absolute_uri("/media/a.png"),
                context.get_host(),
                context.get_port(),
                context.scheme,
                context.is_secure(),
            ]
        case "content":
            return [
                context.COOKIES,
                dict(context.POST),
                dict(context.FILES),
                context.content_type,
                type(context.grpc_request).FromString(context.body).text,
            ]
        case "call":
            return [
                isinstance(request, HttpRequest),
                context.grpc_context is context,
                context.grpc_action,
                context.service_class_name,
                request.context is context,
                request.action,
                context.grpc_request_metadata["x-token"],
                repr(request),
            ]
        case "attributes":
            request.tenant = "acme"
            context.colour = "red"
            request.method = "GET"
            request.user = SimpleNamespace(name="ada")
            return [
                context.tenant,
                request.colour,
                context.method,
                context.user.name,
                context.http_request.user is context.user,
                context.auth,
                hasattr(context, "session"),
                hasattr(request, "session"),
            ]
    raise ValueError(what)


class SyncView(Service):
    service_name = "View"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def About(self, request: Any, context: Any) -> Any:
        return self.pb.ViewAboutResponse(text=json.dumps(describe(context, request.text)))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        return self.pb.ViewUploadResponse(text=repr(context.body))


class AsyncView(SyncView):
    async def About(self, request: Any, context: Any) -> Any:
        return super().About(request, context)

    async def Upload(self, request: Any, context: Any) -> Any:
        return super().Upload(request, context)


views = pytest.mark.parametrize("service", [SyncView, AsyncView])


def about(mode: Mode, service: type[Service], what: str, *metadata: Any) -> Any:
    with stub_of(mode, service) as stub:
        return json.loads(stub.options(metadata=metadata, timeout=10).About(text=what).text)


@views
def test_meta_finds_a_header_however_it_is_spelt(mode: Mode, service: type[Service]) -> None:
    assert about(mode, service, "meta", ("x-token", "abc")) == [["abc", "abc", True]] * 6


META = request_transformer.RequestMeta(
    HTTP_REMOTE_USER="mallory",
    HTTP_SSL_CLIENT_S_DN_EMAIL="mallory",
    HTTP_HTTPS="on",
    HTTP_X_TOKEN="abc",
)


@pytest.mark.parametrize(
    "name",
    ["REMOTE_USER", "remote_user", "SSL_CLIENT_S_DN_Email", "HTTPS", "X_TOKEN", "wsgi.x-token"],
)
def test_meta_gives_nothing_of_a_clients_for_a_servers_variable(name: str) -> None:
    """A lookup that forgives spelling must not make a header stand for REMOTE_USER."""
    assert name not in META
    assert META.get(name, "unknown") == "unknown"
    with pytest.raises(KeyError):
        META[name]


@views
def test_path_and_host(mode: Mode, service: type[Service]) -> None:
    path = f"{service.__name__}/About"
    full = f"{path}?search=%C3%BC&page=3"
    sent = [
        ("filters", json.dumps({"search": "ü"})),
        ("pagination", json.dumps({"page": 3})),
    ]
    assert about(mode, service, "url", *sent) == [
        path,
        path,
        full,
        full.replace("?", "/?"),
        full,
        "/media/a.png",
        "",
        "50051",
        "http",
        False,
    ]


@views
def test_the_scheme_over_tls(mode: Mode, service: type[Service], tmp_path: Path) -> None:
    need_openssl()
    authority = issue(tmp_path, "ca")
    pair = issue(tmp_path, "server", authority).pair
    contract = Contract(service)
    settings = {"PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH": [pair]}
    credentials = grpc.ssl_channel_credentials(authority.chain.read_bytes())
    with (
        override_settings(GRPC_FRAMEWORK=settings),
        serve(mode, contract.hook) as running,
        grpc.secure_channel(running.target, credentials) as channel,
    ):
        seen = json.loads(contract.stub(channel).About(text="url").text)
    assert seen[-2:] == ["https", True]


@views
@override_settings(ALLOWED_HOSTS=["api.example.com"])
def test_a_host_counts_if_it_is_allowed(mode: Mode, service: type[Service]) -> None:
    sent = ("headers", json.dumps({"Host": "api.example.com"}))
    assert about(mode, service, "url", sent)[6] == "api.example.com"
    with pytest.raises(grpc.RpcError):
        about(mode, service, "url", ("headers", json.dumps({"Host": "evil.example.com"})))


@views
def test_cookies_and_content(mode: Mode, service: type[Service]) -> None:
    """HTTP/2 may send each cookie in a pair of its own."""
    sent = [("cookie", "a=1; b=2"), ("cookie", "c=3")]
    assert about(mode, service, "content", *sent) == [
        {"a": "1", "b": "2", "c": "3"},
        {},
        {},
        "application/grpc",
        "content",
    ]


@views
def test_a_stream_of_requests_has_no_body(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert stub.Upload(iter([stub.pb.ViewUploadRequest(text="a")])).text == "b''"


@views
def test_the_call_behind_the_request(mode: Mode, service: type[Service]) -> None:
    name = service.__name__
    assert about(mode, service, "call", ("x-token", "abc")) == [
        True,
        True,
        "About",
        name,
        True,
        "About",
        "abc",
        f"<CallRequest: POST '{name}/About'>",
    ]


@views
def test_request_and_context_have_the_same_attributes(mode: Mode, service: type[Service]) -> None:
    assert about(mode, service, "attributes") == [
        "acme",
        "red",
        "GET",
        "ada",
        True,
        None,
        False,
        False,
    ]


class Public(Service):
    pb: Any
    permission_classes = [IsAuthenticatedOrReadOnly]

    @grpc_action(response=TEXT)
    def List(self, request: Any, context: Any) -> Any:
        return self.pb.PublicListResponse(text=context.method)

    @grpc_action(response=TEXT, request_stream=True, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.PublicStreamResponse(text=context.method)


def test_a_stream_is_no_safe_method(mode: Mode) -> None:
    """It may be any stream of the service's own, so it is a POST as the documentation says."""
    with stub_of(mode, Public) as stub:
        assert stub.List().text == "GET"
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.Stream(iter([])))
    assert caught.value.code() in {StatusCode.PERMISSION_DENIED, StatusCode.UNAUTHENTICATED}


def test_a_response_with_a_message_can_be_pickled() -> None:
    message = Struct()
    message["a"] = 1
    response = CallResponse(message)
    response["Cache-Control"] = "max-age=300"
    response.set_cookie("a", "1")
    again = pickle.loads(pickle.dumps(response))
    assert again.grpc_response == message
    assert again["cache-control"] == "max-age=300"
    assert again.cookies["a"].value == "1"
    assert (again.streaming, again.is_async, again.status_code) == (False, False, 200)


def test_documented_import_paths() -> None:
    assert GRPCRequestContainer is request_transformer.GRPCRequestContainer is CallRequest
    assert request_transformer.InternalHttpRequest is CallRequest
    assert request_transformer.GRPCInternalProxyContext is Context
    message = Struct()
    proxy = request_transformer.GRPCInternalProxyResponse(message)
    proxy["x-a"] = "1"
    container = request_transformer.GRPCResponseContainer(proxy)
    assert isinstance(container, CallResponse)
    assert (container.grpc_response, container["x-a"]) == (message, "1")
    assert container.response.grpc_response is message
