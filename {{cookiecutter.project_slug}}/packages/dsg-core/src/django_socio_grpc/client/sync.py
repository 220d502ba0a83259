"""The client for threads: the same as the one for asyncio, without ``await``."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message

from django_socio_grpc.client import reflection
from django_socio_grpc.client.channels import Options, SyncChannels, call_options
from django_socio_grpc.client.files import Source, load
from django_socio_grpc.client.messages import EOF
from django_socio_grpc.client.protos import Method, Protos
from django_socio_grpc.concurrency import Pipe, PipeClosed


class SyncClient:
    """Calls services by their contract; threads may share it, and forked processes too.

    It opens a channel for each target, and keeps it. ``credentials`` are those of a TLS channel,
    ``options`` those of grpc's channels.
    """

    def __init__(
        self,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        options: Options | None = None,
    ) -> None:
        self._channels = SyncChannels(grpc, options, credentials)

    def protos(self, *sources: Source, include: Iterable[str | Path] = ()) -> Protos:
        """As ``Client.protos``."""
        return Protos(load(sources, include), self._callable)

    def reflect(self, target: str, **options: Any) -> Protos:
        """As ``Client.reflect``."""
        asks = [
            partial(self._callable(method), target, **options) for method in reflection.methods()
        ]
        return Protos(reflection.reflect(target, asks), self._callable)

    def close(self) -> None:
        """Close the channels. The next call opens others."""
        self._channels.close()

    def __enter__(self) -> "SyncClient":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _callable(self, method: Method) -> "SyncCallable":
        return SyncCallable(method, self._channels)


class SyncCallable:
    """One method of a service, to be called with a target, a request and options.

    The options are ``timeout``, ``metadata``, ``credentials``, ``wait_for_ready`` and
    ``compression``; all others are fields of the request.
    """

    def __init__(self, method: Method, channels: SyncChannels) -> None:
        self._method = method
        self._channels = channels

    def __call__(self, target: str, request: Any = None, /, **options: Any) -> Any:
        """Return the reply, or the call if there is a stream for the caller to handle."""
        method = self._method
        if not method.request_stream and not method.response_stream:
            return self.with_call(target, request, **options)[0]
        multicallable, given, fields = self._prepare(target, options)
        if not method.request_stream:
            return SyncStreamCall(
                method, multicallable(method.request(request, fields), **given), None
            )
        requests = Requests(method, request, fields)
        if method.response_stream:
            return SyncStreamCall(method, multicallable(iter(requests), **given), requests)
        call = SyncStreamCall(method, multicallable.future(iter(requests), **given), requests)
        return call if request is None else call.receive()

    def with_call(self, target: str, request: Any = None, /, **options: Any) -> Any:
        """Return the one reply and grpc's call, which has the trailing metadata."""
        method = self._method
        if method.response_stream:
            raise TypeError(f"{method.path} has a stream of replies: calling it gives the call.")
        multicallable, given, fields = self._prepare(target, options)
        if not method.request_stream:
            return multicallable.with_call(method.request(request, fields), **given)
        requests = Requests(method, request, fields)
        if request is None:
            raise TypeError(f"{method.path} takes a stream of requests. Give an iterable of them.")
        call = SyncStreamCall(method, multicallable.future(iter(requests), **given), requests)
        return call.receive(), call

    def _prepare(
        self, target: str, options: dict[str, Any]
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        credentials, given, fields = call_options(options)
        return self._channels.of(target, credentials).callable(self._method), given, fields


class SyncStreamCall:
    """A call with a stream on either side. One thread may send while another receives."""

    def __init__(self, method: Method, call: Any, requests: "Requests | None") -> None:
        self._method = method
        self._call = call
        self._requests = requests
        self._answered = False
        self._done_writing = False
        if requests is not None and not call.add_callback(requests.close):
            requests.close()

    def send(self, request: Any = None, /, **fields: Any) -> None:
        """Send a request: a message, a dict or fields. It waits while too many are on their way.

        Raises:
            EOF: the server has ended the call, and no error.
            grpc.RpcError: it has ended it with an error.
        """
        message = self._method.request(request, fields)
        if self._done_writing:
            raise RuntimeError("send() after done_writing().")
        try:
            self._sender().put(message)
        except PipeClosed:
            if self._call.code() is not grpc.StatusCode.OK:
                raise self._call from None
            raise EOF("The server has ended the call.") from None

    def done_writing(self) -> None:
        """Say that no more requests come."""
        self._sender().finish()
        self._done_writing = True

    def receive(self) -> Any:
        """Return the next reply.

        Raises:
            EOF: there is none, the call has ended well.
            grpc.RpcError: it has ended with an error.
        """
        try:
            return self._next()
        except StopIteration:
            raise EOF("The stream has ended.") from None
        except grpc.RpcError:
            if self._requests is not None and self._requests.error is not None:
                raise self._requests.error from None
            raise

    def __iter__(self) -> "SyncStreamCall":
        return self

    def __next__(self) -> Any:
        try:
            return self.receive()
        except EOF:
            raise StopIteration from None

    def __enter__(self) -> "SyncStreamCall":
        return self

    def __exit__(self, *exc: object) -> None:
        self.cancel()

    def cancel(self) -> bool:
        """End the call. False if it is over already."""
        cancelled: bool = self._call.cancel()
        return cancelled

    def done(self) -> bool:
        return not self._call.is_active()

    def code(self) -> grpc.StatusCode:
        """Wait for the end of the call and return its status."""
        code: grpc.StatusCode = self._call.code()
        return code

    def details(self) -> str:
        details: str = self._call.details()
        return details

    def initial_metadata(self) -> Any:
        return self._call.initial_metadata()

    def trailing_metadata(self) -> Any:
        return self._call.trailing_metadata()

    def _next(self) -> Any:
        if self._method.response_stream:
            return next(self._call)
        if self._answered:
            raise StopIteration
        self._answered = True
        return self._call.result()

    def _sender(self) -> Pipe[Message]:
        if self._requests is None or self._requests.given is not None:
            raise TypeError(f"{self._method.path}: the requests of this call were given with it.")
        return self._requests.pipe


class Requests:
    """The requests of a stream, ``given`` or sent through a pipe. ``error`` is what ended it."""

    def __init__(self, method: Method, given: Any, fields: dict[str, Any]) -> None:
        method.check_requests(given, fields)
        self._method = method
        self.given = given
        self.pipe: Pipe[Message] = Pipe()
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[Message]:
        if self.given is None:
            yield from self.pipe
            return
        try:
            for request in self.given:
                yield self._method.request(request, {})
        except Exception as exc:  # grpc would drop it, and cancel the call
            self.error = exc
            raise

    def close(self) -> None:
        """Nothing more is sent: the call is over."""
        self.pipe.close()
