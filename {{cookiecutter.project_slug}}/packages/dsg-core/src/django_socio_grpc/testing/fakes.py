"""The test helpers of the documentation's examples, on a real server.

self.fake_grpc = FakeFullAIOGRPC(add_PostControllerServicer_to_server, PostService.as_servicer())
stub = self.fake_grpc.get_fake_stub(PostControllerStub)
reply = await stub.Retrieve(request=post_pb2.PostRetrieveRequest(id=1))
self.fake_grpc.close()
"""

from collections.abc import Callable, Iterable
from typing import Any

import grpc
import grpc.aio
from google.protobuf import descriptor_pool

from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.client.channels import AioChannels
from django_socio_grpc.server import Mode
from django_socio_grpc.service import Service
from django_socio_grpc.servicer import ServicerProxy
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing.servers import serve


class FakeGRPC:
    """A server with one servicer, until ``close()``. Its stubs are sync.

    The server is of the kind that the servicer was made for: async if GRPC_ASYNC is on.
    """

    def __init__(
        self, add_servicer_to_server: Callable[[Any, Any], None], servicer: Any, *_: Any
    ) -> None:
        mode: Mode = "aio" if grpc_settings.GRPC_ASYNC else "sync"
        if isinstance(servicer, ServicerProxy):
            add_servicer_to_server(servicer, SerializerBinder(servicer.service_class))
        self._server = serve(mode, lambda server: add_servicer_to_server(servicer, server))
        self._running = self._server.__enter__()
        self._channel: Any = self._open(self._running.target)

    def get_fake_channel(self) -> Any:
        """The channel that all stubs share."""
        return self._channel

    def get_fake_stub(self, grpc_stub_cls: Callable[[Any], Any]) -> Any:
        """Return a stub, of a class that protoc has generated."""
        return grpc_stub_cls(self._channel)

    def close(self) -> None:
        """End the server."""
        self._close()
        self._server.__exit__(None, None, None)

    def _open(self, target: str) -> Any:
        return grpc.insecure_channel(target)

    def _close(self) -> None:
        self._channel.close()


class FakeAIOGRPC(FakeGRPC):
    """The same; the name is for async services called by sync code."""


class FakeFullAIOGRPC(FakeGRPC):
    """The same with async stubs, which may be made before there is an event loop."""

    def _open(self, target: str) -> Any:
        return LoopsChannel(target)

    def _close(self) -> None:
        """The channels end with the loops of the tests, which are over."""


class LoopsChannel:
    """An aio channel for whichever event loop calls."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._channels = AioChannels(grpc.aio, None, None)

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        """``unary_unary`` and its like, as a generated stub calls them."""

        def method(*args: Any, **kwargs: Any) -> Callable[..., Any]:
            def call(*requests: Any, **options: Any) -> Any:
                channel = self._channels.of(self._target, None).channel
                return getattr(channel, kind)(*args, **kwargs)(*requests, **options)

            return call

        return method


class SerializerBinder:
    """Stands for a server, to learn the contract of ``service``: so its serializers know their
    messages, as when it is registered.
    """

    def __init__(self, service: type[Service]) -> None:
        self._service = service

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        for handler in handlers:
            if isinstance(handler, grpc.ServiceRpcHandler):
                name = str(handler.service_name())
                file = descriptor_pool.Default().FindServiceByName(name).file
                bind_service(self._service, file, check_messages=False)

    def add_registered_method_handlers(self, name: str, handlers: Any) -> None:
        """The same handlers once more."""
