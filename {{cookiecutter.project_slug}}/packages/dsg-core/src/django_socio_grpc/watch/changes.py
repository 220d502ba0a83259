"""Changes of rows: from Django's signals, once they are committed, to those who watch."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.db import router, transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from django_socio_grpc.concurrency import Pipe, PipeClosed
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import ResourceExhausted, Unavailable
from django_socio_grpc.settings import grpc_settings

UID = "django_socio_grpc.watch"
RESYNC = "Changes were lost: they came faster than they were read. Watch again, from the start."

_observed: set[type[Model]] = set()


def observe(model: type[Model]) -> None:
    """Publish what is saved and deleted of ``model`` in this process, from now on.

    A service that is watched does so itself. Where ``WATCH_BROKER`` leads to other processes,
    those that write call it in ``AppConfig.ready()``.
    """
    model = _concrete(model)
    if model in _observed:
        return
    for kind in apps.get_models():
        if issubclass(kind, model):  # a proxy and a child model send signals of their own
            post_save.connect(_changed, sender=kind, dispatch_uid=UID)
            post_delete.connect(_changed, sender=kind, dispatch_uid=UID)
    for field in model._meta.many_to_many:
        through: Any = field.remote_field.through
        m2m_changed.connect(_related, sender=through, dispatch_uid=UID)
    _observed.add(model)


def announce(rows: Iterable[Model], *, using: str | None = None) -> None:
    """Tell the watchers of ``rows`` that they have changed, after the transaction.

    For what sends no signals: ``bulk_create``, ``bulk_update``, ``QuerySet.update``, raw SQL.
    """
    for row in rows:
        _publish(row, using or router.db_for_write(type(row), instance=row))


@contextmanager
def subscription(model: type[Model], limit: int, context: Context) -> Iterator[Pipe[str]]:
    """Within this block the pipe gets the primary keys, as text, of rows that have changed.

    It ends with ResourceExhausted when more than ``limit`` wait in it, or the broker lost some,
    and with Unavailable when the server of the call ``context`` stops.
    """
    observe(model)
    changes = _Changes(limit)
    context.add_stop_callback(changes.stop)
    cancel = grpc_settings.WATCH_BROKER.subscribe(topic_of(model), changes)
    try:
        yield changes.pipe
    finally:
        cancel()
        changes.pipe.close()


def topic_of(model: type[Model]) -> str:
    """The topic of ``model`` and its proxies, ``library.book``."""
    return _concrete(model)._meta.label_lower


class _Changes:
    """The watcher behind a subscription."""

    def __init__(self, limit: int) -> None:
        self.pipe: Pipe[str] = Pipe(limit)
        self._over = False

    def changed(self, key: str) -> None:
        if self._over:
            return
        try:
            if not self.pipe.offer(key):
                self.lost()
        except PipeClosed:
            self._over = True

    def lost(self) -> None:
        self._end(ResourceExhausted(RESYNC, "watch_lost"))

    def stop(self) -> None:
        """The server stops."""
        self._end(Unavailable("The server stops. Watch again, from the start.", "server_stops"))

    def _end(self, error: Exception) -> None:
        self._over = True
        self.pipe.finish(error)


def _concrete(model: type[Model]) -> type[Model]:
    concrete: Any = model._meta.concrete_model
    return concrete  # type: ignore[no-any-return]


def _changed(*, instance: Model, using: str, **_: Any) -> None:
    _publish(instance, using)


def _related(
    *,
    sender: Any,
    instance: Model,
    action: str,
    reverse: bool,
    model: Any,
    pk_set: Any,
    using: str,
    **_: Any,
) -> None:
    """The rows of the model that has the field have changed, whichever side was set."""
    if not reverse:
        if action.startswith("post_"):
            _publish(instance, using)
    elif action == "pre_clear":  # afterwards nobody knows which they were
        field = next(f for f in model._meta.many_to_many if f.remote_field.through is sender)
        announce(model._base_manager.using(using).filter(**{field.name: instance}), using=using)
    elif action in {"post_add", "post_remove"}:
        announce(model._base_manager.using(using).filter(pk__in=pk_set), using=using)


def _publish(row: Model, using: str) -> None:
    news = [(topic, str(getattr(row, attribute))) for topic, attribute in _topics(type(row))]

    def publish() -> None:
        for topic, key in news:
            grpc_settings.WATCH_BROKER.publish(topic, key)

    # A broker that fails is logged by Django. The work itself is done and committed.
    transaction.on_commit(publish, using=using, robust=True)


@cache
def _topics(model: type[Model]) -> Sequence[tuple[str, str]]:
    """The topics of ``model`` and all that it inherits from, and where a row has their keys."""
    kinds = [kind for kind in model.__mro__ if issubclass(kind, Model) and hasattr(kind, "_meta")]
    return [
        (kind._meta.label_lower, kind._meta.pk.attname)
        for kind in kinds
        if not kind._meta.abstract and not kind._meta.proxy
    ]
