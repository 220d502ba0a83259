"""A call as Django and Django REST framework see a request: META, headers, cookies, user."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Protocol

from django.conf import settings
from django.http import HttpRequest, QueryDict, parse_cookie
from django.utils.datastructures import MultiValueDict
from google.protobuf.message import Message

from django_socio_grpc.address import peer_address
from django_socio_grpc.exceptions import InvalidArgument
from django_socio_grpc.query_params import query_params
from django_socio_grpc.request_meta import RequestMeta, is_own, variable
from django_socio_grpc.settings import grpc_settings

METHODS = {
    "List": "GET",
    "Retrieve": "GET",
    "Create": "POST",
    "Update": "PUT",
    "PartialUpdate": "PATCH",
    "Destroy": "DELETE",
}
"""The HTTP method that an action stands for; any other action is a POST.

So is Stream, which may be any stream of a service's own: a permission that lets everybody use
safe methods must not let them in by a name.
"""


def lazy(function: Callable[[Any], Any]) -> Any:
    """A ``cached_property`` in the place of what is a plain attribute in Django's class."""
    return cached_property(function)


class Call(Protocol):
    """What a request is made of: the context of a call."""

    grpc_request: Any

    @property
    def service_name(self) -> str: ...
    @property
    def action(self) -> str: ...
    def peer(self) -> str: ...
    def auth_context(self) -> Mapping[str, Any]: ...
    def invocation_metadata(self) -> Any: ...


class CallRequest(HttpRequest):
    """The ``HttpRequest`` of a call, which Django's middlewares and decorators get.

    It has one set of attributes with the context of the call: what is set on either is set on
    both, and what is computed here, each on its first use, is there for both. ``service`` is the
    instance that serves the call; it is known to middlewares.

    Every key of META that a client can set starts with ``HTTP_``, as in Django itself, so
    metadata can never pass for ``REMOTE_USER`` or another key that the server owns.
    """

    # ``respond`` and ``held`` belong to the middlewares' chain: the call itself, and what is to
    # be closed when its last reply is sent.
    __slots__ = ("context", "held", "respond", "service")

    context: Any
    service: Any
    respond: Any
    held: Any

    user: Any = None
    auth: Any = None
    resolver_match = None
    content_type = "application/grpc"
    content_params: Any = {}

    def __init__(self, context: Call, service: Any = None) -> None:
        self.__dict__ = context.__dict__
        self.context = context
        self.service = service
        self.held = None

    # The call

    @property
    def grpc_request(self) -> Any:
        """The message, or the iterator of messages, that the handler gets."""
        return self.context.grpc_request

    @grpc_request.setter
    def grpc_request(self, request: Any) -> None:
        self.context.grpc_request = request

    @property
    def action(self) -> str:
        return self.context.action  # type: ignore[no-any-return]

    grpc_action = action

    @property
    def service_class_name(self) -> str:
        return self.context.service_name  # type: ignore[no-any-return]

    @property
    def grpc_context(self) -> Any:
        return self.context

    @property
    def http_request(self) -> "CallRequest":
        return self

    @cached_property
    def grpc_request_metadata(self) -> Mapping[str, str | bytes]:
        """The metadata by name; of those that came twice, the last."""
        return dict(self.context.invocation_metadata())

    # The request

    @lazy
    def method(self) -> str:
        return METHODS.get(self.action, "POST")

    @lazy
    def path(self) -> str:
        return f"{self.service_class_name}/{self.action}"

    @lazy
    def path_info(self) -> str:
        path: str = self.path
        return path

    @lazy
    def META(self) -> RequestMeta:
        inner = {key: value for key, value in self._json("headers").items() if is_own(key)}
        meta = RequestMeta()
        for headers in (inner, self._texts):  # a proxy cannot look into JSON: the outer wins
            meta.update({variable(name): str(value) for name, value in headers.items()})
        meta["REQUEST_METHOD"] = METHODS.get(self.action, "POST")
        meta["REMOTE_ADDR"] = peer_address(self.context.peer())[0]
        meta["SERVER_NAME"] = ""
        meta["SERVER_PORT"] = str(grpc_settings.GRPC_CHANNEL_PORT)
        return meta

    @lazy
    def query_params(self) -> QueryDict:
        """Filters and pagination, from the metadata or from the request, as the settings say."""
        return query_params(self._json, self.grpc_request)

    GET: Any = property(lambda self: self.query_params)

    @lazy
    def COOKIES(self) -> dict[str, str]:
        return parse_cookie(self.META.get("HTTP_COOKIE", ""))

    @lazy
    def POST(self) -> QueryDict:
        return QueryDict()

    @lazy
    def FILES(self) -> MultiValueDict[str, Any]:
        return MultiValueDict()

    @property
    def body(self) -> bytes:
        """The request message in its bytes, the same for equal messages; b"" for a stream."""
        request = self.grpc_request
        if not isinstance(request, Message):
            return b""
        return request.SerializeToString(deterministic=True)

    @property
    def scheme(self) -> str:
        secure = b"ssl" in self.context.auth_context().get("transport_security_type", ())
        return "https" if secure else super().scheme or "http"

    def get_host(self) -> str:
        """Return the host that the client or a proxy names, if it is allowed, else ""."""
        names = ["HTTP_HOST", *(["HTTP_X_FORWARDED_HOST"] * settings.USE_X_FORWARDED_HOST)]
        return super().get_host() if any(name in self.META for name in names) else ""

    def get_full_path(self, force_append_slash: bool = False) -> str:
        """Return the path with the filters and the page as its query."""
        slash = "/" * (force_append_slash and not self.path.endswith("/"))
        query: str = self.query_params.urlencode()
        return f"{self.path}{slash}?{query}" if query else f"{self.path}{slash}"

    get_full_path_info = get_full_path

    def build_absolute_uri(self, location: str | None = None) -> str:
        """Return ``location``, or the full path: a call has no host to put before it."""
        return self.get_full_path() if location is None else location

    # The metadata

    @property
    def _texts(self) -> Mapping[str, str]:
        texts: dict[str, str] = {}
        for name, value in self.context.invocation_metadata():
            # A name with "_" would stand for the one with "-", which a proxy may own and strip.
            if isinstance(value, str) and "_" not in name:
                more = name == "cookie" and name in texts  # HTTP/2 may send each in its own pair
                texts[name] = f"{texts[name]}; {value}" if more else value
        return texts

    def _json(self, name: str) -> Mapping[str, Any]:
        key = grpc_settings.MAP_METADATA_KEYS[name]
        text = self._texts.get(key.lower())
        if not text:
            return {}
        try:
            value = json.loads(text)
            if "\\u" in text:  # nothing can encode half of a character
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise InvalidArgument(f"The metadata {key!r} is not a JSON object.")
        return value
