"""The request or the response of one action, on its way into the contract."""

from collections.abc import Sequence
from typing import Any

from rest_framework.serializers import BaseSerializer

from django_socio_grpc.actions import PartialUpdate
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.protobuf.message_name_constructor import MessageNameConstructor
from django_socio_grpc.protobuf.proto_classes import ProtoMessage
from django_socio_grpc.protobuf.specs import to_message, to_specs
from django_socio_grpc.schema.fields import declared_field
from django_socio_grpc.schema.instances import instance_of
from django_socio_grpc.schema.messages import Messages
from django_socio_grpc.schema.model import EMPTY, MessageSpec, Side
from django_socio_grpc.schema.names import serializer_side


class Draft:
    """One side of the action ``owner``, which declares ``source`` and may ask for a name.

    Its messages stay apart from those of the contract until plugins have changed them.
    """

    def __init__(
        self,
        owner: str,
        side: Side,
        source: Any,
        asked: str | None,
        constructor: MessageNameConstructor,
    ) -> None:
        self.owner = owner
        self.side = side
        self.source = source
        self._is_nothing = not source and not asked
        self._messages = Messages(base_name=constructor.get_base_name_from_serializer)

    def message(self, name: str) -> ProtoMessage:
        """Return the message, called ``name`` unless it is one of another's.

        Raises:
            ConfigurationError: no message can be made of what the action declares.
        """
        return to_message(self._declared(name), self._messages.specs, {})

    def add_to(self, messages: Messages, message: ProtoMessage) -> str:
        """Add ``message``, which may be another one by now, and return its name.

        Raises:
            ConfigurationError: it cannot be one, or there is another one of its name.
        """
        if self._is_nothing and not message.fields:
            return EMPTY
        for spec in to_specs(self.owner, message, self.side):
            messages.add(self._messages.owners.get(spec.name, self.owner), spec)
        return message.name

    def _declared(self, name: str) -> str:
        side = serializer_side(self.side)
        match self.source:
            case str(source) if source:
                return source
            case PartialUpdate(serializer=cls):
                return self._messages.add_serializer(
                    self.owner, instance_of(cls), side, name=name, partial_update=True
                )
            case type() as cls if issubclass(cls, BaseSerializer):
                return self._messages.add_serializer(self.owner, instance_of(cls), side, name=name)
            case None | Sequence():
                return self._in_place(self.source or (), name)
        raise ConfigurationError(
            f"{self.owner}: the {self.side.lower()} is {self.source!r}. Give a list of fields, a "
            "serializer class, the name of a message, or nothing."
        )

    def _in_place(self, declared: Sequence[Any], name: str) -> str:
        def nest(inner: BaseSerializer[Any], name: str = "", side: Side | None = None) -> str:
            own = side or Side.BOTH
            return self._messages.add_serializer(self.owner, inner, own, name=name)

        fields = tuple(declared_field(self.owner, value, nest) for value in declared)
        spec = MessageSpec(name=name, fields=fields, side=self.side)
        return self._messages.add(self.owner, spec)
