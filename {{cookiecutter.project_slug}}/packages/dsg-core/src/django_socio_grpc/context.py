"""What a handler knows of its call, and how it answers beside its reply."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from django.http import HttpHeaders, QueryDict
from grpc import Compression, StatusCode
from grpc.aio import EOF

from django_socio_grpc import current
from django_socio_grpc.concurrency import CallSlot
from django_socio_grpc.exceptions import Abort
from django_socio_grpc.request import CallRequest
from django_socio_grpc.request_meta import RequestMeta
from django_socio_grpc.transport import (
    Channel,
    Metadata,
    Transport,
    check_code,
    check_metadata,
    details_text,
    request_id_of,
)

__all__ = ["EOF", "Channel", "Context", "Metadata", "Transport"]


class Context:
    """The ``context`` of a handler: who calls, until when, and a way to answer.

    It has what a ``grpc.ServicerContext`` has, and all that the call has as an HTTP request,
    ``CallRequest``. Other attributes may be set on it freely.
    """

    __slots__ = (
        "__dict__",
        "_request_id",
        "aborted",
        "action",
        "channel",
        "grpc_request",
        "orm_slot",
        "response_code",
        "response_details",
        "service_name",
        "transport",
    )

    user: Any = None
    auth: Any = None
    failed_service: Any = None
    """The instance that served the call, once the call has failed."""

    # Of the call as an HTTP request, what most handlers and policies ask for.
    COOKIES: dict[str, str]
    GET: QueryDict
    META: RequestMeta
    headers: HttpHeaders
    method: str
    query_params: QueryDict

    def __init__(self, transport: Transport, service_name: str, action: str) -> None:
        self.transport = transport
        self.service_name = service_name
        self.action = action
        self.channel: Channel | None = None
        self.grpc_request: Any = None
        self.orm_slot: CallSlot | None = None
        self.aborted: Abort | None = None
        self.response_code: StatusCode | None = None
        self.response_details = ""
        self._request_id = ""

    # Messages

    def read(self) -> Any:
        """Return the next request of a client stream, or ``grpc.aio.EOF`` after the last.

        An async handler awaits the result.
        """
        return self._open_channel().read()

    def write(self, message: Any) -> Any:
        """Send one reply of a server stream. An async handler awaits the result."""
        channel = self._open_channel()
        self.check_may_go_on()
        return channel.write(message)

    def receive(self) -> Any:
        """As ``read``, but after the last request raise ``RequestsEnded``.

        A handler that streams its replies need not catch it: it ends the handler, and well.
        """
        return self._open_channel().receive()

    send = write

    def send_initial_metadata(self, metadata: Metadata) -> Any:
        """Send the headers of the reply before its first message."""
        check_metadata(metadata)
        return self._open_channel().send_initial_metadata(metadata)

    def _open_channel(self) -> Channel:
        if self.channel is None:
            raise RuntimeError(f"{self.path}: the call has not begun, so it has no messages.")
        return self.channel

    # The end of the call

    def abort(
        self, code: StatusCode, details: Any = "", trailing_metadata: Metadata = ()
    ) -> NoReturn:
        """End the call with ``code``, which is not OK. ``await context.abort(...)`` works too."""
        check_code(code)
        check_metadata(trailing_metadata)
        if code is StatusCode.OK:
            code, details = StatusCode.UNKNOWN, "The handler aborted with OK."
        if self.aborted is None:  # the first abort counts, even if the handler swallows it
            self.aborted = Abort(code, details_text(details), tuple(trailing_metadata))
        raise self.aborted

    def check_may_go_on(self) -> None:
        """Raise if there may be no more replies: the handler has aborted the call, even if it
        swallowed that, or a step of the call was not awaited.
        """
        if self.aborted is not None:
            raise self.aborted
        if (service := current.service()) is not None and service.unawaited:
            service.check_steps()

    def check_ended_well(self) -> None:
        """Raise if the handler, which has returned, ends the call with an error nevertheless."""
        self.check_may_go_on()
        if self.response_code is not None and self.response_code is not StatusCode.OK:
            self.abort(self.response_code, self.response_details)

    def abort_with_status(self, status: Any) -> NoReturn:
        """End the call as ``grpc_status.rpc_status.to_status`` says, and add its metadata."""
        self.abort(status.code, status.details, status.trailing_metadata or ())

    def set_code(self, code: StatusCode) -> None:
        """Set the status that the call ends with when the handler returns."""
        check_code(code)
        self.response_code = code

    def set_details(self, details: str) -> None:
        """Set the text that goes with ``set_code``."""
        self.response_details = details_text(details)

    def code(self) -> StatusCode | None:
        """The status that was set, if one was."""
        return self.response_code

    def details(self) -> str:
        return self.response_details

    def set_trailing_metadata(self, metadata: Metadata) -> None:
        """Set the metadata that is sent with the status.

        Raises:
            TypeError: it is not made of pairs of a name and a text (bytes, if the name ends in
                ``-bin``). grpc itself would fail only when it ends the call.
        """
        check_metadata(metadata)
        self.transport.set_trailing_metadata(metadata)

    def trailing_metadata(self) -> Metadata:
        """What is to be sent with the status."""
        return self.transport.trailing_metadata()

    def set_compression(self, compression: Compression) -> None:
        """Compress the replies, if the client takes it; before the first one."""
        self.transport.set_compression(compression)

    def disable_next_message_compression(self) -> None:
        """Send the next reply as it is."""
        self.transport.disable_next_message_compression()

    # The call

    def invocation_metadata(self) -> Metadata:
        return self.transport.invocation_metadata()

    def peer(self) -> str:
        return self.transport.peer()

    def auth_context(self) -> dict[str, Any]:
        return self.transport.auth_context()

    def peer_identities(self) -> Iterable[bytes] | None:
        """Who the client is by its certificate, or None without one."""
        return self.transport.peer_identities()

    def peer_identity_key(self) -> str | None:
        """The property in ``auth_context`` that ``peer_identities`` are of."""
        return self.transport.peer_identity_key()

    def time_remaining(self) -> float | None:
        """Seconds until the deadline, or None if the client has set none."""
        return self.transport.time_remaining()

    def is_active(self) -> bool:
        return self.transport.is_active()

    def cancelled(self) -> bool:
        """Whether the client has given up, or the deadline has passed."""
        return not self.transport.is_active()

    done = cancelled

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Call ``callback()`` when the call ends, from a thread of the server's."""
        self.transport.add_done_callback(callback)

    @property
    def draining(self) -> bool:
        """Whether the server has begun to stop, and a stream with no other end should end now."""
        return self.transport.is_draining()

    def add_stop_callback(self, callback: Callable[[], None]) -> None:
        """Call ``callback()`` as soon as the server is ``draining``, from a thread of its own."""
        self.transport.add_stop_callback(callback)

    @property
    def request_id(self) -> str:
        """The id that the client sent as ``x-request-id``, or one made for this call."""
        if not self._request_id:
            self._request_id = request_id_of(self.transport.invocation_metadata())
        return self._request_id

    # The call as an HTTP request

    @property
    def path(self) -> str:
        return f"{self.service_name}/{self.action}"

    if TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        # What the request computes once, it keeps among the attributes that the two share.
        if name.startswith("_"):
            raise AttributeError(f"A call's context has no attribute {name!r}.")
        return getattr(self._request, name)

    @property
    def _request(self) -> CallRequest:  # where Django REST framework looks for Django's request
        return CallRequest(self)
