"""The key that a client shows, wherever in its metadata it does."""

from typing import Any

from django_socio_grpc.context import Context
from django_socio_grpc.settings import grpc_settings


class Ambiguous(Exception):
    """A client shows more than one thing, and others might look at another than we do."""


def presented(context: Context) -> str | None:
    """Return the text that a client shows as a key, or None if it shows none.

    It is ``x-api-key: KEY``, ``authorization: Api-Key KEY``, or ``authorization: Bearer KEY``
    with what begins as keys do, for a bearer may show a token of another kind. Clients that
    send headers as JSON may do so here.

    Raises:
        Ambiguous: there are several keys, or ``authorization`` came twice.
    """
    shown: list[str] = []
    authorization: str | None = None
    in_json = False
    headers = grpc_settings.MAP_METADATA_KEYS["headers"].lower()
    for name, value in context.invocation_metadata():
        if name == "authorization":
            if authorization is not None:
                raise Ambiguous("authorization came twice")
            authorization = str(value)
        elif name == "x-api-key":
            shown.append(str(value))
        elif name == headers:
            in_json = True
    if in_json and authorization is None and not shown:
        meta: Any = context.META
        authorization = meta.get("HTTP_AUTHORIZATION")
        shown += [meta["HTTP_X_API_KEY"]] if "HTTP_X_API_KEY" in meta else []
    if authorization is not None and (key := _of_authorization(authorization)) is not None:
        shown.append(key)
    if len(shown) > 1:
        raise Ambiguous("several keys were shown")
    return shown[0] if shown else None


def _of_authorization(value: str) -> str | None:
    scheme, _, key = value.partition(" ")
    match scheme.lower():
        case "api-key":
            return key.strip()
        case "bearer" if key.lstrip().startswith(f"{grpc_settings.API_KEY_PREFIX}_"):
            return key.strip()
    return None
