"""A test declares its services; this makes their contract, serves them and calls them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import grpc
import grpc.aio
from compiled import compile_to_descriptors
from django_socio_grpc import adapters
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode


class Stub:
    """The RPCs of one service as methods, on a sync or an aio channel.

    ``stub.Retrieve(id=1)`` takes the fields of the request, ``stub.Upload(iterator)`` the
    requests themselves; ``stub.options(timeout=1).Retrieve(id=1)`` adds options of the call.
    """

    def __init__(
        self,
        channel: grpc.Channel | grpc.aio.Channel,
        service: ServiceDescriptor,
        pb: SimpleNamespace,
        **options: Any,
    ) -> None:
        self._channel, self._service, self.pb, self._options = channel, service, pb, options

    def options(self, **options: Any) -> "Stub":
        return Stub(self._channel, self._service, self.pb, **{**self._options, **options})

    def method(self, name: str) -> Any:
        """The multi-callable of an RPC."""
        method = self._service.methods_by_name[name]
        ends = [
            "stream" if streams else "unary"
            for streams in (method.client_streaming, method.server_streaming)
        ]
        return getattr(self._channel, "_".join(ends))(
            f"/{self._service.full_name}/{name}",
            request_serializer=GetMessageClass(method.input_type).SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = self._service.methods_by_name[name]
        call = self.method(name)

        def invoke(*requests: Any, **fields: Any) -> Any:
            if method.client_streaming:
                return call(*requests, **self._options)
            return call(GetMessageClass(method.input_type)(**fields), **self._options)

        return invoke


class Contract:
    """The contract of ``services``. Each service class gets ``pb``, its messages by name."""

    def __init__(self, *services: type[Service], package: str = "tests") -> None:
        self.services = services
        text = render(assign(app_spec(package, services), None))
        self.file: FileDescriptor = compile_to_descriptors(text)
        classes = {
            name: GetMessageClass(message)
            for name, message in self.file.message_types_by_name.items()
        }
        self.pb = SimpleNamespace(**classes)
        for service in services:
            service.pb = self.pb  # type: ignore[attr-defined]

    def hook(self, server: Any) -> None:
        """A handlers hook that registers the services."""
        for service in self.services:
            name, plans = bind_service(service, self.file)
            server.add_generic_rpc_handlers((adapters.service_handler(name, plans),))

    def stub(
        self, channel: grpc.Channel | grpc.aio.Channel, service: type[Service] | None = None
    ) -> Stub:
        name = (service or self.services[0]).get_controller_name()
        return Stub(channel, self.file.services_by_name[name], self.pb)


@contextmanager
def stub_of(mode: Mode, *services: type[Service], **config: Any) -> Iterator[Stub]:
    """Serve ``services`` and yield a stub of the first, on a sync channel."""
    contract = Contract(*services)
    with serve(mode, contract.hook, **config) as server, server.channel() as channel:
        yield contract.stub(channel)


def code_of(call: Any) -> StatusCode:
    """The status of a call; OK if it succeeds."""
    try:
        call()
    except grpc.RpcError as error:
        code: StatusCode = error.code()
        return code
    return StatusCode.OK


def trailers_of(error: grpc.RpcError) -> dict[str, str | bytes]:
    return {item.key: item.value for item in error.trailing_metadata() or ()}


def begun(open_stream: Callable[[], Any], seconds: float = 10) -> tuple[Any, Any]:
    """A stream and its first reply. Where there is room for one alone, the one before may leave
    its place a moment after its end.
    """
    deadline = time.monotonic() + seconds
    while True:
        replies = open_stream()
        try:
            return replies, next(replies)
        except grpc.RpcError as error:
            full = error.code() is StatusCode.RESOURCE_EXHAUSTED
            if not full or time.monotonic() > deadline:
                raise
