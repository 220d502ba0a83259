"""META: the headers of a call by the names that Django gives them, and what the server adds."""

from typing import Any

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


class RequestMeta(dict[str, Any]):
    """META with names as Django's, ``HTTP_X_TOKEN``, which may be asked for as the client's too.

    ``x-token``, ``X-Token``, ``x_token`` and ``http_x_token`` all find it. A name in upper case
    without ``HTTP_``, as ``REMOTE_USER``, is one of the server's own and finds nothing else: what
    a client sends can never be found under it.
    """

    def __missing__(self, name: str) -> Any:
        as_header = _as_header(name)
        if as_header == name or as_header not in self:
            raise KeyError(name)
        return self[as_header]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or super().__contains__(_as_header(name))

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


def variable(name: str) -> str:
    """Return the key of the header ``name``: HTTP_X_TOKEN for x-token."""
    return f"HTTP_{name.upper().replace('-', '_')}"


def is_own(name: str) -> bool:
    """Whether a client may say the header ``name`` of itself, and no proxy says it of it."""
    return "_" not in name and not name.lower().startswith(PROXY_OWNED)


def _as_header(name: Any) -> Any:
    if not isinstance(name, str) or "." in name:
        return name
    header = name.replace("_", "-").lower().removeprefix("http-")
    # Servers' variables are spelt with "_", in upper or in mixed case: SSL_CLIENT_S_DN_Email.
    is_header = "-" in name or ("_" not in name and not name.isupper())
    if is_header or (name.islower() and is_own(header)):
        return variable(header)
    return name
