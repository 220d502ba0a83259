"""A call as one transaction: it is committed if the call ends well, and else as if never made."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from django_socio_grpc.actions import Action
from django_socio_grpc.exceptions import ConfigurationError

_NONE = nullcontext()


def atomic_databases(service: Any, action: Action, *, is_async: bool) -> tuple[str, ...]:
    """Return the aliases of the databases in which a call of ``action`` is one transaction.

    The action says so, else the service, else ATOMIC_REQUESTS of each database.

    Raises:
        ConfigurationError: it is asked for around a handler that is async (``is_async``).
    """
    wanted = service.atomic if action.atomic is None else action.atomic
    if is_async and wanted:
        raise ConfigurationError(
            f"{type(service).__name__}.{action.name} is to be atomic, but it is async, and other "
            "calls may use its connection while it waits. Make it a plain def, or say "
            "@grpc_action(atomic=False) and put what belongs together into a sync function with "
            "transaction.atomic(), to call by sync_to_async."
        )
    if is_async or wanted is False:
        return ()
    aliases = [alias for alias in connections if connections.settings[alias]["ATOMIC_REQUESTS"]]
    if wanted and DEFAULT_DB_ALIAS not in aliases:
        aliases.append(DEFAULT_DB_ALIAS)
    return tuple(aliases)


def transactions(aliases: Sequence[str]) -> AbstractContextManager[None]:
    """Return a block that is one transaction in each of the databases, or none without any."""
    return _transactions(aliases) if aliases else _NONE


@contextmanager
def _transactions(aliases: Sequence[str]) -> Iterator[None]:
    with ExitStack() as stack:
        for alias in aliases:
            stack.enter_context(transaction.atomic(using=alias))
        yield
