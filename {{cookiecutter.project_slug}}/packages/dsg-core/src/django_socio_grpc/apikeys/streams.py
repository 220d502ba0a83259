"""Streams that are open by a key, for as long as the key opens anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections, router

from django_socio_grpc.apikeys.known import REFUSED, KnownKey
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.concurrency.connections import is_lent
from django_socio_grpc.concurrency.rounds import Rounds
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import Unauthenticated
from django_socio_grpc.settings import grpc_settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenStream:
    """A call with a stream, of ``method``, that ``key`` has opened."""

    context: Context
    key: KnownKey
    method: str


def follow(context: Context, key: KnownKey, method: str) -> None:
    """Look from time to time whether ``key`` still opens the call of ``method``, and end it if
    not.
    """
    in_a_test = is_lent(connections[router.db_for_read(APIKey)])  # whose rows no thread sees
    if grpc_settings.API_KEY_STREAM_CHECK_SECONDS and not in_a_test:
        opened = OpenStream(context=context, key=key, method=method)
        context.add_done_callback(_rounds.add(opened))


def _look(opened: Sequence[OpenStream]) -> None:
    """One query for all of them. While the database cannot tell, they go on."""
    try:
        keys = APIKey.objects.select_related("user").in_bulk({each.key.id for each in opened})
    finally:
        connections.close_all()  # of this thread, which has long to wait
    for each in opened:
        row = keys.get(each.key.id)
        if row is None or row.refusal or not row.known.allows(each.method):
            each.context.transport.end_with(Unauthenticated(REFUSED, "authentication_failed"))


def _seconds() -> float:
    return grpc_settings.API_KEY_STREAM_CHECK_SECONDS or 1.0  # it was switched off meanwhile


_rounds = Rounds("grpc-apikey-streams", _look, _seconds)
