"""What a handler knows of its call, and the small protocol through which a transport tells it."""

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol, TypeAlias

from django.http import QueryDict
from django.http.request import HttpHeaders
from grpc import StatusCode
from grpc.aio import EOF

from django_socio_grpc.exceptions import Abort
from django_socio_grpc.request import RequestFacade

__all__ = ["EOF", "Channel", "Context", "Metadata", "Transport"]

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

REQUEST_ID = "x-request-id"


class Transport(Protocol):
    """One call as the server sees it. Every method may be called from any thread."""

    def invocation_metadata(self) -> Metadata: ...
    def peer(self) -> str: ...
    def auth_context(self) -> dict[str, Any]: ...
    def time_remaining(self) -> float | None: ...
    def is_active(self) -> bool: ...
    def add_done_callback(self, callback: Callable[[], None]) -> None: ...
    def set_trailing_metadata(self, metadata: Metadata) -> None: ...


class Channel(Protocol):
    """The call's messages, in the colour of its handler: an async handler awaits each result."""

    def read(self) -> Any: ...
    def write(self, message: Any) -> Any: ...
    def send_initial_metadata(self, metadata: Metadata) -> Any: ...


class Context:
    """The ``context`` of a handler: who calls, until when, and a way to answer.

    It has what a ``grpc.ServicerContext`` has, and what Django REST framework's policies read
    from a request. Other attributes may be set on it freely.
    """

    __slots__ = (
        "__dict__",
        "_facade",
        "_request_id",
        "aborted",
        "action",
        "auth",
        "channel",
        "response_code",
        "response_details",
        "service_name",
        "transport",
        "user",
    )

    def __init__(self, transport: Transport, service_name: str, action: str) -> None:
        self.transport = transport
        self.service_name = service_name
        self.action = action
        self.channel: Channel | None = None
        self.user: Any = None
        self.auth: Any = None
        self.aborted: Abort | None = None
        self.response_code: StatusCode | None = None
        self.response_details = ""
        self._facade: RequestFacade | None = None
        self._request_id = ""

    # Messages

    def read(self) -> Any:
        """Return the next request of a client stream, or ``grpc.aio.EOF`` after the last.

        An async handler awaits the result.
        """
        return self._open_channel().read()

    def write(self, message: Any) -> Any:
        """Send one reply of a server stream. An async handler awaits the result."""
        return self._open_channel().write(message)

    def send_initial_metadata(self, metadata: Metadata) -> Any:
        """Send the headers of the reply before its first message."""
        _check_metadata(metadata)
        return self._open_channel().send_initial_metadata(metadata)

    def _open_channel(self) -> Channel:
        if self.channel is None:
            raise RuntimeError(f"{self.path}: the call has not begun, so it has no messages.")
        return self.channel

    # The end of the call

    def abort(self, code: StatusCode, details: Any = "") -> NoReturn:
        """End the call with ``code``, which is not OK. ``await context.abort(...)`` works too."""
        _check_code(code)
        if code is StatusCode.OK:
            code, details = StatusCode.UNKNOWN, "The handler aborted with OK."
        if self.aborted is None:  # the first abort counts, even if the handler swallows it
            self.aborted = Abort(code, _text(details))
        raise self.aborted

    def set_code(self, code: StatusCode) -> None:
        """Set the status that the call ends with when the handler returns."""
        _check_code(code)
        self.response_code = code

    def set_details(self, details: str) -> None:
        """Set the text that goes with ``set_code``."""
        self.response_details = _text(details)

    def set_trailing_metadata(self, metadata: Metadata) -> None:
        """Set the metadata that is sent with the status.

        Raises:
            TypeError: it is not made of pairs of a name and a text (bytes, if the name ends in
                ``-bin``). grpc itself would fail only when it ends the call.
        """
        _check_metadata(metadata)
        self.transport.set_trailing_metadata(metadata)

    # The call

    def invocation_metadata(self) -> Metadata:
        return self.transport.invocation_metadata()

    def peer(self) -> str:
        return self.transport.peer()

    def auth_context(self) -> dict[str, Any]:
        return self.transport.auth_context()

    def time_remaining(self) -> float | None:
        """Seconds until the deadline, or None if the client has set none."""
        return self.transport.time_remaining()

    def is_active(self) -> bool:
        return self.transport.is_active()

    def cancelled(self) -> bool:
        """Whether the client has given up, or the deadline has passed."""
        return not self.transport.is_active()

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Call ``callback()`` when the call ends, from a thread of the server's."""
        self.transport.add_done_callback(callback)

    @property
    def request_id(self) -> str:
        """The id that the client sent as ``x-request-id``, or one made for this call."""
        if not self._request_id:
            sent = dict(self.transport.invocation_metadata()).get(REQUEST_ID)
            usable = isinstance(sent, str) and len(sent) <= 64 and sent.isprintable()
            self._request_id = sent if usable and sent else uuid.uuid4().hex  # type: ignore[assignment]
        return self._request_id

    # The call as an HTTP request

    @property
    def path(self) -> str:
        return f"{self.service_name}/{self.action}"

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def META(self) -> dict[str, str]:
        return self._request.META

    @property
    def headers(self) -> HttpHeaders:
        return self._request.headers

    @property
    def query_params(self) -> QueryDict:
        return self._request.query_params

    @property
    def GET(self) -> QueryDict:
        return self._request.query_params

    def build_absolute_uri(self, location: str | None = None) -> str:
        """Return ``location`` as it is: a call has no host to put before it."""
        return location or ""

    @property
    def _request(self) -> RequestFacade:
        if self._facade is None:
            self._facade = RequestFacade(
                self.path, self.action, self.peer(), self.invocation_metadata()
            )
        return self._facade


def _check_code(code: Any) -> None:
    # grpc answers an int with UNKNOWN, which hides what the handler meant.
    if not isinstance(code, StatusCode):
        raise TypeError(f"A status code is a grpc.StatusCode, not {code!r}.")


def _text(details: Any) -> str:
    """``details`` as grpc can send them: as text, data as JSON, and no half of a character."""
    text = details if isinstance(details, str) else json.dumps(details, default=str)
    return "" if details is None else text.encode("utf-8", "replace").decode("utf-8")


def _check_metadata(metadata: Any) -> None:
    for pair in metadata:
        name, value = pair
        kind = bytes if isinstance(name, str) and name.endswith("-bin") else str
        if not isinstance(name, str) or not isinstance(value, kind):
            raise TypeError(f"{pair!r} is not metadata: a pair of a name and {kind.__name__}.")
