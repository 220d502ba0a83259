"""What grpc's own context of a call is replaced by when the call is over."""

from collections.abc import Callable
from typing import Any

from django_socio_grpc.context import Metadata
from django_socio_grpc.exceptions import Cancelled


class Left:
    """What remains of a call that is over: what its client has sent with it."""

    __slots__ = ("_metadata",)

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def invocation_metadata(self) -> Metadata:
        return self._metadata

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> float:
        return 0.0

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return False

    def send_initial_metadata(self, metadata: Metadata) -> None:
        raise Cancelled

    def peer(self) -> str:
        return ""

    def auth_context(self) -> dict[str, Any]:
        return {}

    def nothing(self, *_: Any) -> None:
        """What tells of the call, or would change it, and cannot any more."""

    peer_identities = peer_identity_key = trailing_metadata = nothing
    set_trailing_metadata = set_compression = disable_next_message_compression = nothing
    cancel = nothing
