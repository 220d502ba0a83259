"""Scopes of API keys that open nothing: misspelt ones, and services without the ``.*``."""

from collections.abc import Iterator, Sequence

from django_socio_grpc.apikeys.scopes import ALL, covers
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.management.routes import routes

NAMED_AT_ONCE = 10
"""Services that one message names. There is no end to how many a project has."""


def warnings(scopes: Sequence[str]) -> Iterator[str]:
    """Yield a line for each of ``scopes`` that covers no method of either server.

    It is no error: a key may be made before what it is for is deployed.
    """
    if set(scopes) <= {ALL}:
        return
    try:
        methods = {
            route.path[1:].replace("/", ".") for aio in (True, False) for route in routes(aio=aio)
        }
    except ConfigurationError as exc:
        yield f"What the scopes cover cannot be told: {exc}"
        return
    for scope in scopes:
        if not _any_of(methods, scope):
            yield (
                f"The scope {scope!r} covers no method that `manage.py grpcroutes` lists, so it "
                f"opens nothing. {_instead(methods, scope)}"
            )


def _any_of(methods: set[str], scope: str) -> bool:
    return any(covers((scope,), method) for method in methods)


def _instead(methods: set[str], scope: str) -> str:
    if _any_of(methods, f"{scope}.*"):
        return f"All of it is {f'{scope}.*'!r}."
    services = sorted({method.rpartition(".")[0] for method in methods})
    rest = len(services) - NAMED_AT_ONCE
    shown = ", ".join(services[:NAMED_AT_ONCE]) or "none"
    return f"Services that there are: {shown}{f' and {rest} more' if rest > 0 else ''}."
