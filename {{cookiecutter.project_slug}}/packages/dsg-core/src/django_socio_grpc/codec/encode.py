"""Rows to messages: a plan compiled from a serializer's fields and a message's descriptor."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeAlias

from django.db import models
from google.protobuf.message import Message
from rest_framework.serializers import BaseSerializer

from django_socio_grpc.codec.convert import DataEncoder, descriptor_of, holds_enums
from django_socio_grpc.codec.kept import kept
from django_socio_grpc.codec.related import Relations, relations_of
from django_socio_grpc.codec.rows import Call, RowPlan
from django_socio_grpc.codec.script import UNPLANNED, Script
from django_socio_grpc.codec.snapshots import Snapshot
from django_socio_grpc.codec.static import is_static

Serializer: TypeAlias = BaseSerializer[Any]
Model: TypeAlias = type[models.Model]
MakeSerializer: TypeAlias = Callable[[], Serializer]
Columns: TypeAlias = Sequence[Any]
Instance: TypeAlias = Callable[[Columns], models.Model]
Unplanned: TypeAlias = Callable[[Any], Message]


class Encoder:
    """Encodes the rows of one serializer class as one message class.

    A static serializer has a plan, and its rows are read without DRF's fields; a row that the
    plan cannot take is represented by DRF, as are all rows of any other serializer. The messages
    are equal.
    """

    def __init__(self, serializer_class: type[Serializer], message_class: type[Message]) -> None:
        self.message_class = message_class
        self._descriptor = descriptor_of(message_class)
        self._plan: RowPlan | None = None
        self._represented: DataEncoder | None = None
        self._serializer: Serializer | None = None
        if is_static(serializer_class):
            self._serializer = serializer_class()
            self._plan = RowPlan(self._serializer, self._descriptor)
            self._represented = DataEncoder(self._descriptor, self._serializer)
        elif not holds_enums(self._descriptor):
            self._represented = DataEncoder(self._descriptor)
        self.classes = (serializer_class,) if self._plan is None else self._plan.classes
        self._snapshots = list(map(Snapshot, dict.fromkeys(self.classes)))

    def holds(self) -> bool:
        """Whether nobody has changed the classes of the serializers since."""
        return all(map(Snapshot.holds, self._snapshots))

    def has_plan_for(self, serializer: Serializer) -> bool:
        """Whether the plan holds for ``serializer``, whose fields someone may have changed."""
        return self._plan is not None and self._plan.fits(serializer)

    def encode(self, serializer: Serializer, row: Any) -> Any:
        """Return the message of ``row``. Needs a plan.

        Raises:
            CodecError: a value does not fit its field.
        """
        plan = self._planned()
        unplanned = partial(self._unplanned, serializer)
        return self._message(plan.rows, row, plan.call(serializer), unplanned)

    def encode_all(self, serializer: Serializer, rows: Iterable[Any]) -> list[Message]:
        """Return the messages of ``rows``. Needs a plan."""
        plan = self._planned()
        unplanned = partial(self._unplanned, serializer)
        call = plan.call(serializer)
        return [self._message(plan.rows, row, call, unplanned) for row in rows]

    def extend(self, serializer: Serializer, rows: Iterable[Any], messages: Any) -> None:
        """Add the messages of ``rows`` to ``messages``, a repeated field. Needs a plan."""
        plan = self._planned()
        unplanned = partial(self._unplanned, serializer)
        plan.rows.extend(rows, messages, *plan.call(serializer), unplanned)

    def reads_columns_of(self, model: Model) -> bool:
        """Whether rows of ``model`` can be encoded without instances.

        Every field that is sent is then a column of the serializer's model, which ``model`` is,
        or a proxy of it, and nothing but the column decides about what is sent.
        """
        return self._plan is not None and self._plan.reads_columns_of(model)

    def encode_columns(self, make: MakeSerializer, row: Columns, *, instance: Instance) -> Message:
        """Return the message of ``row``, the values of all columns of the serializer's model.

        They are in the order of ``model._meta.concrete_fields``, as instances have them. Needs
        ``reads_columns_of``. For a row that DRF has to represent, ``make`` makes the serializer
        and ``instance`` an instance of the row.
        """
        plan = self._planned()
        unplanned = partial(self._unplanned_columns, make, instance)
        return self._message(plan.columns, row, plan.call(None), unplanned)

    def encode_all_columns(
        self, make: MakeSerializer, rows: Iterable[Columns], *, instance: Instance
    ) -> list[Message]:
        """Return the messages of ``rows``, as ``encode_columns`` does."""
        plan = self._planned()
        unplanned = partial(self._unplanned_columns, make, instance)
        call = plan.call(None)
        return [self._message(plan.columns, row, call, unplanned) for row in rows]

    def extend_columns(
        self,
        make: MakeSerializer,
        rows: Iterable[Columns],
        messages: Any,
        *,
        instance: Instance,
    ) -> None:
        """Add the messages of ``rows`` to ``messages``, a repeated field."""
        plan = self._planned()
        unplanned = partial(self._unplanned_columns, make, instance)
        plan.columns.extend(rows, messages, *plan.call(None), unplanned)

    def relations(self, model: Model) -> Relations:
        """Return the relations of ``model`` that its rows are asked for, none without a plan."""
        if self._serializer is None:
            return Relations((), ())
        return relations_of(self._serializer, self._descriptor, model)

    def from_data(self, data: Any, serializer: Serializer | None = None) -> Message:
        """Return the message of ``data``, a dict as the ``.data`` of ``serializer`` is."""
        represented = self._represented or DataEncoder(self._descriptor, serializer)
        return represented.build(self.message_class, data)

    def _message(self, script: Script, row: Any, call: Call, unplanned: Unplanned) -> Message:
        try:
            return self.message_class(**script.values(row, *call))
        except UNPLANNED:
            return unplanned(row)

    def _unplanned(self, serializer: Serializer, row: Any) -> Message:
        return self.from_data(serializer.to_representation(row), serializer)

    def _unplanned_columns(
        self, make: MakeSerializer, instance: Instance, row: Columns
    ) -> Message:
        return self._unplanned(make(), instance(row))

    def _planned(self) -> RowPlan:
        assert self._plan is not None
        return self._plan


def encoder(serializer_class: type[Serializer], message_class: type[Message]) -> Encoder:
    """Return the encoder of ``serializer_class`` to ``message_class``, compiled once."""
    made, key = kept(serializer_class), (Encoder, message_class)
    found: Encoder | None = made.get(key)
    if found is not None:
        if found.holds():
            return found
        for each in found.classes:
            kept(each).clear()
    found = made[key] = Encoder(serializer_class, message_class)
    return found
