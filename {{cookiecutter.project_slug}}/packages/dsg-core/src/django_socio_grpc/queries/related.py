"""Related rows that a serializer reads, fetched with the rows that they belong to."""

from typing import Any
from weakref import WeakKeyDictionary

from django.db import router
from django.db.models import QuerySet

from django_socio_grpc.codec import Encoder
from django_socio_grpc.codec.related import Relations
from django_socio_grpc.permissions import SAFE_ACTIONS
from django_socio_grpc.queries.constant import has_prefetches, is_evaluated
from django_socio_grpc.queries.hooks import encoder_of

NOTHING = Relations((), ())

SHAPED = ("combinator", "group_by", "select_for_update", "values_select")
"""What a query has none of to which joins may be added."""


_known: WeakKeyDictionary[Encoder, dict[Any, Relations]] = WeakKeyDictionary()


def with_related(service: Any, queryset: Any) -> Any:
    """Return ``queryset`` such that it fetches what ``related_to(service)`` names.

    What it says itself about joins stays, and so does what it says about prefetches.
    """
    if not isinstance(queryset, QuerySet):
        return queryset
    joined, prefetched = related_to(service, queryset.model)
    if not (joined or prefetched) or not _gives_whole_instances(queryset.query):
        return queryset
    if is_evaluated(queryset):
        return queryset
    if joined and not queryset.query.select_related:
        queryset = queryset.select_related(*joined)
    if prefetched and not has_prefetches(queryset):
        queryset = queryset.prefetch_related(*prefetched)
    return queryset


def related_to(service: Any, model: Any) -> Relations:
    """Return the relations of ``model`` that the action of ``service`` reads for each row.

    None for an action that writes, for what it prefetched would be out of date; and none where
    a router may keep the related rows in another database.
    """
    is_on = getattr(service, "auto_related", False)
    if not is_on or service.action not in SAFE_ACTIONS or router.routers:
        return NOTHING
    codec = encoder_of(service)
    return NOTHING if codec is None else _relations(codec, model)


def _relations(codec: Encoder, model: Any) -> Relations:
    known = _known.setdefault(codec, {})
    if model not in known:
        joined, prefetched = codec.relations(model)
        known[model] = Relations(
            tuple(path for path in joined if _is_kept(model, path)), prefetched
        )
    return known[model]


def _is_kept(model: Any, path: str) -> bool:
    """Whether the database sees to it that the rows along ``path`` are there.

    A join would leave out a row that refers to none.
    """
    for step in path.split("__"):
        relation = model._meta.get_field(step)
        # A relation from the other side is joined such that it may lead nowhere.
        if not getattr(relation, "db_constraint", True):
            return False
        model = relation.related_model
    return True


def _gives_whole_instances(query: Any) -> bool:
    plain = query.default_cols and query.deferred_loading == (frozenset(), True)
    return plain and not any(getattr(query, name) for name in SHAPED)
