"""Serializers of many rows."""

from collections.abc import Iterable
from typing import Any

from django.db.models.manager import BaseManager
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from rest_framework import serializers
from rest_framework.fields import empty

from django_socio_grpc.codec import Encoder, encoder, message_class_for
from django_socio_grpc.codec.static import is_static, is_stock
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers.io import AsyncTwins, check_one_input, forget, kept
from django_socio_grpc.queries import Rows


class ListProtoSerializer(AsyncTwins, serializers.ListSerializer[Any]):
    """Many rows as one message, or, with ``stream=True``, as a list of messages.

    ``message_list_attr`` names the field of the message that holds the rows; it defaults to
    ``Meta.message_list_attr`` of the serializer of a row, then to ``results``. ``message=`` is
    such a message, or the messages of the rows themselves.
    """

    child: Any
    instance: Any

    def __init__(
        self,
        instance: Any = None,
        data: Any = empty,
        *,
        message: Message | Iterable[Message] | None = None,
        message_list_attr: str | None = None,
        stream: bool = False,
        **kwargs: Any,
    ) -> None:
        check_one_input(self, message, data)
        super().__init__(instance, data, **kwargs)
        meta = getattr(self.child, "Meta", None)
        declared: str = getattr(meta, "message_list_attr", "results")
        self.message_list_attr = message_list_attr or declared
        self.stream = stream
        if message is not None:
            self.initial_data = self.message_to_data(message)

    @kept
    def message(self) -> Any:
        """The message of all rows; with ``stream=True`` the list of their messages.

        It is the same each time, until ``save()``.

        Raises:
            AssertionError: there is input, and ``is_valid()`` has not been called.
            ValidationError: the input is not valid.
        """
        if not is_stock(type(self), "data_to_message"):
            return self.data_to_message(self.data)
        child, service = self.child, self.context.get("service")
        if self.stream:
            return self._messages(message_class_for(type(child), service=service))
        message = message_class_for(type(child), many=True, service=service)()
        items, item_class = self._items_of(message)
        codec = encoder(type(child), item_class)
        if not self._has_plan(codec):
            items.extend(self._messages(item_class))
        elif isinstance(rows := self._rows(), Rows) and codec.reads_columns_of(rows.model):
            codec.extend_columns(lambda: child, rows.columns(), items, instance=rows.instance)
        else:
            codec.extend(child, rows, items)
        return message

    def save(self, **kwargs: Any) -> Any:
        forget(self)
        return super().save(**kwargs)

    def data_to_message(self, data: Iterable[Any]) -> Any:
        """Return the message of ``data``, a list as ``.data`` is, or with ``stream=True`` many."""
        child, service = self.child, self.context.get("service")
        if self.stream:
            return self._converted(data, message_class_for(type(child), service=service))
        message = message_class_for(type(child), many=True, service=service)()
        items, item_class = self._items_of(message)
        items.extend(self._converted(data, item_class))
        return message

    def message_to_data(self, message: Message | Iterable[Message]) -> list[Any]:
        """Return the rows of ``message`` as ``data=`` takes them."""
        items = self._items_of(message)[0] if isinstance(message, Message) else message
        return [self.child.message_to_data(item) for item in items]

    def _messages(self, message_class: type[Message]) -> list[Any]:
        child = self.child
        codec = encoder(type(child), message_class)
        if self._has_plan(codec):
            return codec.encode_all(child, self._rows())
        return self._converted(self.data, message_class)

    def _converted(self, data: Iterable[Any], message_class: type[Message]) -> list[Any]:
        child = self.child
        if is_stock(type(child), "data_to_message"):
            codec = encoder(type(child), message_class)
            return [codec.from_data(item, child) for item in data]
        return [child.data_to_message(item) for item in data]

    def _has_plan(self, codec: Encoder) -> bool:
        """Whether rows are encoded one by one, past ``.data``, which a subclass may override."""
        has_rows = self.instance is not None and is_static(type(self))
        return has_rows and codec.has_plan_for(self.child)

    def _rows(self) -> Iterable[Any]:
        is_manager = isinstance(self.instance, BaseManager)
        return self.instance.all() if is_manager else self.instance  # type: ignore[no-any-return]

    def _items_of(self, message: Message) -> tuple[Any, type[Message]]:
        """The field of ``message`` that holds the rows, and the class of a row's message."""
        name, descriptor = self.message_list_attr, message.DESCRIPTOR
        field = descriptor.fields_by_name.get(name)
        if field is None or not field.is_repeated or field.message_type is None:
            raise ConfigurationError(
                f"{descriptor.full_name} has no repeated messages {name!r} for the rows of "
                f"{type(self.child).__name__}. Set its Meta.message_list_attr to the name of the "
                "field, or pass message_list_attr."
            )
        item: Any = field.message_type
        return getattr(message, name), GetMessageClass(item)
