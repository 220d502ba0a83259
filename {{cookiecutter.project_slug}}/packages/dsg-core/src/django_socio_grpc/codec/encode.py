"""Rows to messages: a plan compiled from a serializer's fields and a message's descriptor."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from django.core.exceptions import ObjectDoesNotExist
from django.core.signals import setting_changed
from google.protobuf.message import Message
from rest_framework.serializers import BaseSerializer

from django_socio_grpc.codec.convert import DataEncoder, descriptor_of, holds_enums
from django_socio_grpc.codec.rows import RowPlan
from django_socio_grpc.codec.static import is_static

Serializer: TypeAlias = BaseSerializer[Any]
Read: TypeAlias = Callable[[Any], dict[str, Any]]

# What a row raises whose attributes are not of the fields' own types, so that DRF has to decide.
UNPLANNED = (TypeError, ValueError, AttributeError, ObjectDoesNotExist)


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
        if is_static(serializer_class):
            serializer = serializer_class()
            self._plan = RowPlan(serializer, self._descriptor)
            self._represented = DataEncoder(self._descriptor, serializer)
        elif not holds_enums(self._descriptor):
            self._represented = DataEncoder(self._descriptor)

    def has_plan_for(self, serializer: Serializer) -> bool:
        """Whether the plan holds for ``serializer``, whose fields someone may have changed."""
        return self._plan is not None and self._plan.fits(serializer)

    def encode(self, serializer: Serializer, row: Any) -> Any:
        """Return the message of ``row``. Needs a plan.

        Raises:
            CodecError: a value does not fit its field.
        """
        read = self._reader(serializer)
        try:
            return self.message_class(**read(row))
        except UNPLANNED:
            return self.from_data(serializer.to_representation(row), serializer)

    def extend(self, serializer: Serializer, rows: Iterable[Any], messages: Any) -> None:
        """Add the messages of ``rows`` to ``messages``, a repeated field. Needs a plan."""
        read = self._reader(serializer)
        add = messages.add
        for count, row in enumerate(rows, len(messages)):
            try:
                add(**read(row))
            except UNPLANNED:
                del messages[count:]
                messages.append(self.from_data(serializer.to_representation(row), serializer))

    def encode_all(self, serializer: Serializer, rows: Iterable[Any]) -> list[Message]:
        """Return the messages of ``rows``. Needs a plan."""
        return [self.encode(serializer, row) for row in rows]

    def from_data(self, data: Any, serializer: Serializer | None = None) -> Message:
        """Return the message of ``data``, a dict as the ``.data`` of ``serializer`` is."""
        represented = self._represented or DataEncoder(self._descriptor, serializer)
        return represented.build(self.message_class, data)

    def _reader(self, serializer: Serializer) -> Read:
        assert self._plan is not None
        return self._plan.reader(serializer)


_encoders: dict[tuple[type, type], Encoder] = {}


def encoder(serializer_class: type[Serializer], message_class: type[Message]) -> Encoder:
    """Return the encoder of ``serializer_class`` to ``message_class``, compiled once."""
    key = (serializer_class, message_class)
    if key not in _encoders:
        _encoders[key] = Encoder(serializer_class, message_class)
    return _encoders[key]


def _forget(**_: Any) -> None:
    _encoders.clear()  # the plans hold DRF's formats and whether there are time zones


setting_changed.connect(_forget)
