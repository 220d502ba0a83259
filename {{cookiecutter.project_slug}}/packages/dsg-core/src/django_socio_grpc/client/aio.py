"""The client for asyncio."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message

from django_socio_grpc.client import reflection
from django_socio_grpc.client.channels import AioChannels, Options, call_options
from django_socio_grpc.client.ending import Ending
from django_socio_grpc.client.files import Source, load
from django_socio_grpc.client.messages import EOF
from django_socio_grpc.client.protos import Method, Protos


class Client:
    """Calls services by their contract. It opens a channel for each target, and keeps it.

    ``credentials`` are those of a TLS channel, ``options`` those of grpc's channels. A client
    may be used in several event loops; each has channels of its own.
    """

    def __init__(
        self,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        options: Options | None = None,
    ) -> None:
        self._channels = AioChannels(grpc.aio, options, credentials)

    def protos(self, *sources: Source, include: Iterable[str | Path] = ()) -> Protos:
        """Return what ``sources`` offer: paths of ``.proto`` files, or generated modules.

        ``include`` are folders that imports start at, beside the one that is found.

        Raises:
            ContractError: a file is missing or wrong, or protoc is not installed.
        """
        return Protos(load(sources, include), self._callable)

    async def reflect(self, target: str, **options: Any) -> Protos:
        """Return what the server at ``target`` says that it offers. ``options`` as for a call.

        Raises:
            ContractError: it does not say, or grpcio-reflection is not installed.
        """
        asks = [partial(self._call, method, target, **options) for method in reflection.methods()]
        return Protos(await reflection.areflect(target, asks), self._callable)

    async def close(self) -> None:
        """Close the channels of the running loop. The next call opens others."""
        await self._channels.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def _callable(self, method: Method) -> Any:
        return partial(self._call, method)

    def _call(self, method: Method, target: str, request: Any = None, /, **options: Any) -> Any:
        """Start a call and return it.

        ``options`` are ``timeout``, ``metadata``, ``credentials``, ``wait_for_ready`` and
        ``compression``; all others are fields of the request.
        """
        credentials, given, fields = call_options(options)
        multicallable = self._channels.of(target, credentials).callable(method)
        if not method.request_stream:
            call = multicallable(method.request(request, fields), **given)
            return StreamCall(method, call) if method.response_stream else call
        method.check_requests(request, fields)
        if request is None:
            return StreamCall(method, multicallable(**given))
        requests = Requests(method, request)
        return StreamCall(method, multicallable(requests, **given), requests)


class StreamCall:
    """A call with a stream on either side.

    ``await call`` waits until it has begun and gives the call itself; the only exception is a
    call that was given its requests and has one reply, which it waits for and gives.
    """

    def __init__(self, method: Method, call: Any, requests: "Requests | None" = None) -> None:
        self._method = method
        self._call = call
        self._requests = requests
        self._answered = False
        self._ending = Ending(call)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._begun().__await__()

    async def _begun(self) -> Any:
        if self._requests is not None and not self._method.response_stream:
            return await self.receive()
        await self._call.wait_for_connection()
        return self

    async def send(self, request: Any = None, /, **fields: Any) -> None:
        """Send a request: a message, a dict or fields.

        Raises:
            EOF: the server has ended the call, and no error.
            grpc.RpcError: it has ended it with an error.
        """
        message = self._method.request(request, fields)
        try:
            await self._call.write(message)
        except asyncio.InvalidStateError:
            if not self._call.done():
                raise RuntimeError("send() after done_writing().") from None
            raise await self._end() from None
        except grpc.RpcError:
            raise await self._end() from None

    async def done_writing(self) -> None:
        """Say that no more requests come."""
        await self._call.done_writing()

    async def receive(self) -> Any:
        """Return the next reply.

        Raises:
            EOF: there is none, the call has ended well.
            grpc.RpcError: it has ended with an error.
        """
        try:
            if self._method.response_stream:
                reply = await self._call.read()
            elif self._answered:
                reply = grpc.aio.EOF
            else:
                reply = await self._call
                self._answered = True
        except (asyncio.CancelledError, grpc.RpcError) as error:
            if self._requests is not None and self._requests.error is not None:
                raise self._requests.error from None
            if isinstance(error, grpc.RpcError):
                raise await self._end() from None
            raise
        if reply is grpc.aio.EOF:
            raise EOF("The stream has ended.")
        return reply

    def __aiter__(self) -> "StreamCall":
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.receive()
        except EOF:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> "StreamCall":
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.cancel()

    def cancel(self) -> bool:
        """End the call. False if it is over already."""
        cancelled: bool = self._call.cancel()
        return cancelled

    def done(self) -> bool:
        done: bool = self._call.done()
        return done

    async def code(self) -> grpc.StatusCode:
        """Wait for the end of the call and return its status."""
        await self._ending.wait()
        return self._ending.code or grpc.StatusCode.UNKNOWN

    async def details(self) -> str:
        await self._ending.wait()
        return self._ending.details

    async def initial_metadata(self) -> Any:
        return await self._call.initial_metadata()

    async def trailing_metadata(self) -> Any:
        await self._ending.wait()
        return self._ending.trailing_metadata

    async def _end(self) -> Exception:
        return await self._ending.error() or EOF("The server has ended the call.")


class Requests:
    """The requests of a stream, of a sync or an async iterable. ``error`` is what ended it."""

    def __init__(self, method: Method, requests: Any) -> None:
        self._method = method
        self._requests = requests
        self.error: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[Message]:
        try:
            if isinstance(self._requests, AsyncIterable):
                async for request in self._requests:
                    yield self._method.request(request, {})
            else:
                for request in self._requests:
                    yield self._method.request(request, {})
        except Exception as exc:  # grpc would drop it, and cancel the call
            self.error = exc
            raise
