"""The reply of a call as Django's middlewares and decorators see a response."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

from django.http import HttpResponseBase
from google.protobuf.message import Message

NOT_TRAILERS = {
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""Headers that describe an HTTP message, which the reply of a call is not."""

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


class CallResponse(HttpResponseBase):
    """The reply of a call, or its replies, with headers and cookies.

    ``grpc_response`` is the message, or an iterator of messages (an async one if the handler is
    async), and may be replaced. ``grpc_context`` is the context of the call, whose trailing
    metadata are the headers to begin with. In the end the headers, and the cookies as
    ``set-cookie``, are sent as trailing metadata.

    A response with one message can be pickled.
    """

    content = b""  # what middlewares that look at content find

    def __init__(self, grpc_response: Any, grpc_context: Any = None) -> None:
        super().__init__(content_type="application/grpc")
        if isinstance(grpc_response, CallResponse):  # as GRPCResponseContainer(response=...)
            self.cookies = grpc_response.cookies
            self.headers = grpc_response.headers
            grpc_response = grpc_response.grpc_response
        self.grpc_response: Any = grpc_response
        self._given: dict[str, str] = {}
        if grpc_context is not None:
            for name, value in grpc_context.trailing_metadata():
                if isinstance(value, str):
                    self._given[name] = self[name] = value

    @property
    def response(self) -> "CallResponse":
        return self

    @property
    def streaming(self) -> bool:  # type: ignore[override]  # it goes by what the reply is then
        """Whether ``grpc_response`` is an iterator."""
        reply = self.grpc_response
        return not isinstance(reply, Message) and (
            hasattr(reply, "__iter__") or hasattr(reply, "__aiter__")
        )

    @property
    def is_async(self) -> bool:
        """Whether ``grpc_response`` is an async iterator."""
        return hasattr(self.grpc_response, "__aiter__")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.grpc_response)

    def __aiter__(self) -> AsyncIterator[Any]:
        return aiter(self.grpc_response)

    def send(self, context: Any) -> None:
        """Make the headers and the cookies trailing metadata of the call, beside what it has."""
        headers = {
            name.lower(): value for name, value in self.items() if name.lower() not in NOT_TRAILERS
        }
        changed = {k: v for k, v in headers.items() if self._given.get(k) != v}
        gone = changed.keys() | self._given.keys() - headers.keys()
        pairs = [(name, quote(value, safe=PRINTABLE)) for name, value in changed.items()]
        pairs += [("set-cookie", cookie.OutputString()) for cookie in self.cookies.values()]
        if pairs or gone:
            kept = [pair for pair in context.trailing_metadata() if pair[0] not in gone]
            context.set_trailing_metadata([*kept, *pairs])

    def __getstate__(self) -> dict[str, Any]:
        # In the call that it is read back for, no header is given.
        return {**self.__dict__, "_given": {}}
