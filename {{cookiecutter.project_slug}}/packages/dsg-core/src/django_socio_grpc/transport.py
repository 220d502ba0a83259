"""How a server tells of a call, and takes what is said in it; and what may be said."""

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from grpc import Compression, StatusCode

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

REQUEST_ID = "x-request-id"
_REQUEST_ID = re.compile(r"[\w.:/+=@-]{1,64}", re.ASCII)
"""What a client may send as one: nothing that could look like another part of a log's line."""


class Transport(Protocol):
    """One call as the server sees it. Every method may be called from any thread."""

    def invocation_metadata(self) -> Metadata: ...
    def peer(self) -> str: ...
    def auth_context(self) -> dict[str, Any]: ...
    def peer_identities(self) -> Iterable[bytes] | None: ...
    def peer_identity_key(self) -> str | None: ...
    def time_remaining(self) -> float | None: ...
    def is_active(self) -> bool: ...
    def end_with(self, failure: Exception) -> None: ...
    def add_done_callback(self, callback: Callable[[], None]) -> None: ...
    def is_draining(self) -> bool: ...
    def add_stop_callback(self, callback: Callable[[], None]) -> None: ...
    def trailing_metadata(self) -> Metadata: ...
    def set_trailing_metadata(self, metadata: Metadata) -> None: ...
    def set_compression(self, compression: Compression) -> None: ...
    def disable_next_message_compression(self) -> None: ...


class Channel(Protocol):
    """The call's messages, in the colour of its handler: an async handler awaits each result."""

    def read(self) -> Any: ...
    def receive(self) -> Any: ...
    def write(self, message: Any) -> Any: ...
    def send_initial_metadata(self, metadata: Metadata) -> Any: ...


def check_code(code: Any) -> None:
    """Raise TypeError if ``code`` is no status code."""
    # grpc answers an int with UNKNOWN, which hides what the handler meant.
    if not isinstance(code, StatusCode):
        raise TypeError(f"A status code is a grpc.StatusCode, not {code!r}.")


def details_text(details: Any) -> str:
    """Return ``details`` as grpc sends them: as text, data as JSON, and no half of a character."""
    text = details if isinstance(details, str) else json.dumps(details, default=str)
    return "" if details is None else text.encode("utf-8", "replace").decode("utf-8")


def check_metadata(metadata: Any) -> None:
    """Raise TypeError if ``metadata`` are not pairs of a name and a text, or bytes."""
    for pair in metadata:
        name, value = pair
        kind = bytes if isinstance(name, str) and name.endswith("-bin") else str
        if not isinstance(name, str) or not isinstance(value, kind):
            raise TypeError(f"{pair!r} is not metadata: a pair of a name and {kind.__name__}.")


def request_id_of(metadata: Metadata) -> str:
    """Return the id that a client has sent with its call, or else a new one."""
    for name, value in metadata:
        if name == REQUEST_ID and isinstance(value, str) and _REQUEST_ID.fullmatch(value):
            return value
    return os.urandom(16).hex()
