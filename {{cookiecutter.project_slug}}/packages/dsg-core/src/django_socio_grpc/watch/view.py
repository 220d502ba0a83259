"""What one caller may see of a service's objects, and what of it the client has been told."""

from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from django.db.models import Model, QuerySet
from grpc import StatusCode

from django_socio_grpc.concurrency import settled
from django_socio_grpc.exceptions import ResourceExhausted
from django_socio_grpc.statuses import to_status
from django_socio_grpc.watch.messages import WatchEvent, response_serializer

CHUNK = 500
"""Rows that are read and encoded at a time."""

HIDDEN = {StatusCode.PERMISSION_DENIED, StatusCode.UNAUTHENTICATED, StatusCode.NOT_FOUND}


class View:
    """The rows that the caller of ``service`` sees, and the events that keep a client up to date.

    It remembers the primary key of each row that it has shown, and by which key the client knows
    the row: only so does it know whether a row that has changed came into sight, stayed or left.
    Its methods query the database, and raise what ends the call.
    """

    def __init__(self, service: Any, limit: int) -> None:
        self._service = service
        self._limit = limit
        self._serializer = response_serializer(service)
        self._shown: dict[Any, Any] = {}
        self._last: Any = None

    def get_model(self) -> type[Model]:
        return self._service.get_queryset().model  # type: ignore[no-any-return]

    def first(self, *, send: bool) -> tuple[Sequence[Any], bool]:
        """Take in the next rows of the state at the start, in the order of their primary keys.

        Returns their events, or none of them unless ``send``, and whether there may be more.
        """
        rows = self._rows().order_by("pk")
        if self._last is not None:
            rows = rows.filter(pk__gt=self._last)
        found = list(rows[:CHUNK])
        new = (row for row in found if row.pk not in self._shown)  # a join may give it twice
        events = [event for row in new for event in self._events(row.pk, row, send)]
        if found:
            self._last = found[-1].pk
        return events, len(found) == CHUNK

    def synced(self) -> Any:
        """The event that says that what follows are changes."""
        return self._message(WatchEvent.SYNCED)

    def changes(self, keys: Iterable[str]) -> Sequence[Any]:
        """Return the events of the rows with these primary keys, as they are now."""
        self._check_caller()
        rows = self._rows()
        column: Any = rows.model._meta.pk
        pks = [column.to_python(key) for key in keys]
        found = rows.in_bulk(pks)
        return [event for pk in pks for event in self._events(pk, found.get(pk))]

    def _check_caller(self) -> None:
        """Raise if who calls may do so no longer, or is nobody any more."""
        service = self._service
        service.authenticated = False
        settled(service.perform_authentication())
        settled(service.check_permissions())

    def _rows(self) -> QuerySet[Any]:
        service = self._service
        return service.filter_queryset(service.get_queryset())  # type: ignore[no-any-return]

    def _events(self, pk: Any, row: Model | None, send: bool = True) -> Iterator[Any]:
        """Note what the client is to know of the row, and yield what it does not know yet."""
        before = self._shown.pop(pk, None)
        now = None if row is None or not self._may_see(row) else self._key(row)
        if before is not None and before != now:
            yield self._message(WatchEvent.DELETED, before)
        if now is None:
            return
        self._shown[pk] = now
        if len(self._shown) > self._limit:
            raise ResourceExhausted(
                f"There are more than {self._limit} objects, which is the limit of what can be "
                "watched. Watch fewer, by filters.",
                "watch_limit",
            )
        if send:
            event = WatchEvent.UPDATED if before == now else WatchEvent.CREATED
            yield self._message(event, now, row)

    def _may_see(self, row: Model) -> bool:
        try:
            settled(self._service.check_object_permissions(row))
        except Exception as exc:
            if to_status(exc).code in HIDDEN:
                return False
            raise
        return True

    def _key(self, row: Any) -> Any:
        for step in self._service.get_lookup_field().split("__"):
            row = getattr(row, step)
        return row.pk if isinstance(row, Model) else row

    def _message(self, event: str, key: Any = None, row: Model | None = None) -> Any:
        known = SimpleNamespace(event=event, key=key, object=None)
        message = self._serializer(known, context={"service": self._service}).message
        if row is not None:
            message.object.CopyFrom(self._service.get_serializer(row).message)
        return message
