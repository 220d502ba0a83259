"""A call as Django REST framework's policies see it: META, headers, query parameters."""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from django.http import QueryDict
from django.http.request import HttpHeaders

from django_socio_grpc.exceptions import InvalidArgument
from django_socio_grpc.settings import grpc_settings

METHODS = {
    "List": "GET",
    "Retrieve": "GET",
    "Stream": "GET",
    "Create": "POST",
    "Update": "PUT",
    "PartialUpdate": "PATCH",
    "Destroy": "DELETE",
}
"""The HTTP method that an action stands for; any other action is a POST."""

PROXY_OWNED = (
    "forwarded",
    "remote-",
    "ssl-",
    "true-client-",
    "via",
    "x-amzn-",
    "x-auth-request-",
    "x-client-",
    "x-envoy-",
    "x-forwarded-",
    "x-original-",
    "x-real-",
    "x-remote-",
    "x-ssl-",
)
"""Headers that servers believe because a proxy sets them, and strips what a client sends."""


class RequestFacade:
    """The part of ``HttpRequest`` that a call can answer, read from its metadata.

    Every key that a client can set starts with ``HTTP_``, as in Django itself, so metadata can
    never pass for ``REMOTE_USER`` or another key that the server owns.
    """

    def __init__(
        self, path: str, action: str, peer: str, metadata: Iterable[tuple[str, str | bytes]]
    ) -> None:
        self.path = path
        self.method = METHODS.get(action, "POST")
        self._peer = peer
        # A name with "_" would stand for the one with "-", which a proxy may own and strip.
        self._metadata = {
            key: value for key, value in metadata if isinstance(value, str) and "_" not in key
        }

    @cached_property
    def META(self) -> dict[str, str]:
        inner = {key: value for key, value in self._json("headers").items() if _is_own(key)}
        meta: dict[str, str] = {}
        for headers in (inner, self._metadata):  # a proxy cannot look into JSON: the outer wins
            meta |= {f"HTTP_{k.upper().replace('-', '_')}": str(v) for k, v in headers.items()}
        meta["REQUEST_METHOD"] = self.method
        meta["REMOTE_ADDR"] = _address(self._peer)
        meta["SERVER_PORT"] = str(grpc_settings.GRPC_CHANNEL_PORT)
        return meta

    @cached_property
    def headers(self) -> HttpHeaders:
        return HttpHeaders(self.META)

    @cached_property
    def query_params(self) -> QueryDict:
        """Filters and pagination, which a client sends as JSON in the metadata."""
        params = QueryDict(mutable=True)
        for name in ("filters", "pagination"):
            for key, value in self._json(name).items():
                params.setlist(
                    key, [str(v) for v in (value if isinstance(value, list) else [value])]
                )
        return params

    def _json(self, name: str) -> Mapping[str, Any]:
        key = grpc_settings.MAP_METADATA_KEYS[name]
        text = self._metadata.get(key.lower())
        if not text:
            return {}
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise InvalidArgument(f"The metadata {key!r} is not a JSON object.")
        return value


def _is_own(name: str) -> bool:
    """Whether a client may say ``name`` of itself, and no proxy says it of the client."""
    return "_" not in name and not name.lower().startswith(PROXY_OWNED)


def _address(peer: str) -> str:
    """The IP address in ``ipv4:127.0.0.1:4711`` or ``ipv6:%5B::1%5D:4711``, else ""."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in {"ipv4", "ipv6"} else ""
