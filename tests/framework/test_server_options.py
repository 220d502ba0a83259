"""Both servers: the options and interceptors of the settings."""

from typing import Any

import grpc
import pytest
from declared import Contract, stub_of
from django.test import override_settings
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.testing import Mode, serve
from echo import EchoService
from grpc import StatusCode


def test_options_reach_grpc(mode: Mode) -> None:
    options = [("grpc.max_receive_message_length", 100)]
    with (
        override_settings(GRPC_FRAMEWORK={"SERVER_OPTIONS": options}),
        stub_of(mode, EchoService) as stub,
    ):
        assert stub.Say(text="x" * 50).text == "x" * 50
        with pytest.raises(grpc.RpcError) as caught:
            stub.Say(text="x" * 200)
        assert caught.value.code() is StatusCode.RESOURCE_EXHAUSTED


def test_options_override_ours(mode: Mode) -> None:
    with stub_of(mode, EchoService), serve(mode, Contract(EchoService).hook) as running:
        assert dict(running.server.config.options)["grpc.so_reuseport"] == 0
    with override_settings(GRPC_FRAMEWORK={"SERVER_OPTIONS": [("grpc.so_reuseport", 1)]}):
        options = running.server.config.options
    assert [value for name, value in options if name == "grpc.so_reuseport"] == [1]
    assert ("grpc.http2.hpack_table_size.decoder", 0) in options


class SyncGuard(grpc.ServerInterceptor):
    """Lets in who says the word."""

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        if ("word", "sesame") in details.invocation_metadata:
            return continuation(details)

        def refuse(request: Any, context: Any) -> None:
            context.abort(StatusCode.UNAUTHENTICATED, "Say the word.")

        return grpc.unary_unary_rpc_method_handler(refuse)


class AioGuard(grpc.aio.ServerInterceptor):
    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        if ("word", "sesame") in details.invocation_metadata:
            return await continuation(details)

        async def refuse(request: Any, context: Any) -> None:
            await context.abort(StatusCode.UNAUTHENTICATED, "Say the word.")

        return grpc.unary_unary_rpc_method_handler(refuse)


def test_interceptors(mode: Mode) -> None:
    guard = AioGuard() if mode == "aio" else SyncGuard()
    with (
        override_settings(GRPC_FRAMEWORK={"SERVER_INTERCEPTORS": [guard]}),
        stub_of(mode, EchoService) as stub,
    ):
        assert stub.options(metadata=[("word", "sesame")]).Say(text="hello").text == "hello"
        with pytest.raises(grpc.RpcError) as caught:
            stub.Say(text="hello")
        assert caught.value.code() is StatusCode.UNAUTHENTICATED


def test_interceptors_of_the_other_kind_are_refused(mode: Mode) -> None:
    guard = SyncGuard() if mode == "aio" else AioGuard()
    kind = "grpc.aio.ServerInterceptor" if mode == "aio" else "grpc.ServerInterceptor"
    with (
        override_settings(GRPC_FRAMEWORK={"SERVER_INTERCEPTORS": [guard]}),
        pytest.raises(ConfigurationError, match=rf"The {mode} server takes instances of {kind}\."),
        stub_of(mode, EchoService),
    ):
        raise AssertionError("it serves")
