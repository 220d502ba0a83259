"""Serializers of one row."""

from typing import Any

from django.db import models
from django.utils.functional import cached_property
from google.protobuf.message import Message
from rest_framework import serializers
from rest_framework.fields import empty

from django_socio_grpc.actions import FieldDict
from django_socio_grpc.codec import decoder, encoder, message_class_for
from django_socio_grpc.codec.prototypes import prototype_of
from django_socio_grpc.codec.static import is_stock
from django_socio_grpc.concurrency import blocking
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers.fields import BinaryField
from django_socio_grpc.proto_serializers.io import AsyncTwins, check_one_input, forget, kept
from django_socio_grpc.proto_serializers.many import ListProtoSerializer
from django_socio_grpc.proto_serializers.shortcuts import (
    are_columns,
    has_row_validators,
    initial_state,
)
from django_socio_grpc.queries import create

LIST_LIMITS = ("allow_empty", "max_length", "min_length")


class BaseProtoSerializer(AsyncTwins, serializers.BaseSerializer[Any]):
    """A serializer whose input is ``message=`` and whose output is ``.message``.

    It does all that DRF's does; ``message`` and ``data`` exclude each other. The message's class
    is ``Meta.proto_class``, or that of the registered service which answers with the serializer.

    ``stream`` and ``message_list_attr`` are for many rows, and say nothing of one.

    A subclass that is neither a ``ProtoSerializer`` nor a ``ModelProtoSerializer`` has no fields:
    it declares those of its message in ``to_proto_message``.
    """

    def __init__(
        self,
        instance: Any = None,
        data: Any = empty,
        *,
        message: Any = None,
        stream: Any = None,
        message_list_attr: Any = None,
        **kwargs: Any,
    ) -> None:
        check_one_input(self, message, data)
        state = initial_state(type(self), BaseProtoSerializer, kwargs)
        if state is None:
            super().__init__(instance, data, **kwargs)
        else:
            vars(self).update(state)
            self.instance = instance
            if data is not empty:
                self.initial_data = data
        if message is not None:
            self.initial_data = self.message_to_data(message)

    @classmethod
    def many_init(
        cls,
        *args: Any,
        message: Any = None,
        message_list_attr: str | None = None,
        stream: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the list serializer that ``many=True`` stands for."""
        own = {"message": message, "message_list_attr": message_list_attr, "stream": stream}
        own.update((name, kwargs.pop(name, None)) for name in LIST_LIMITS)
        shared = {
            name: kwargs[name] for name in serializers.LIST_SERIALIZER_KWARGS & kwargs.keys()
        }
        shared.update((name, value) for name, value in own.items() if value is not None)
        meta = getattr(cls, "Meta", None)
        list_class = getattr(meta, "list_serializer_class", ListProtoSerializer)
        return list_class(*args, child=cls(*args, **kwargs), **shared)

    def to_proto_message(self) -> list[FieldDict]:
        """Return the fields of the message of a serializer that has none itself.

        Raises:
            ConfigurationError: the class does not say.
        """
        raise ConfigurationError(
            f"{type(self).__name__} has no fields. Add the method to_proto_message(), which "
            "returns a list of them, for example [{'name': 'id', 'type': 'int32'}]."
        )

    @kept
    def message(self) -> Any:
        """The message of the instance, else of the validated data, as ``.data`` is.

        It is the same message each time, until ``save()``.

        Raises:
            AssertionError: there is input, and ``is_valid()`` has not been called.
            ValidationError: the input is not valid.
        """
        codec = encoder(type(self), self._message_class())
        if self.instance is not None and codec.has_plan_for(self):
            return codec.encode(self, self.instance)
        return self.data_to_message(self.data)

    def data_to_message(self, data: Any) -> Any:
        """Return the message of ``data``, a dict as ``.data`` is."""
        return encoder(type(self), self._message_class()).from_data(data, self)

    def message_to_data(self, message: Any) -> Any:
        """Return ``message`` as ``data=`` takes it.

        Raises:
            ValidationError: the update is partial, and the message cannot say of what, or names
                a field that there is not.
        """
        decode = decoder(self, type(message), updating=self.instance is not None)
        return decode(message, partial=bool(self.partial))

    def save(self, **kwargs: Any) -> Any:
        forget(self)
        return super().save(**kwargs)

    async def asave(self, **kwargs: Any) -> Any:
        """``save()`` for async code, by ``acreate`` and ``aupdate`` if the class has its own."""
        cls = type(self)
        if is_stock(cls, "acreate") and is_stock(cls, "aupdate"):
            return await super().asave(**kwargs)
        assert not self.errors, "You cannot call `.asave()` on a serializer with invalid data."
        forget(self)
        values = {**self.validated_data, **kwargs}
        if self.instance is None:
            self.instance = await self.acreate(values)
        else:
            self.instance = await self.aupdate(self.instance, values)
        return self.instance

    async def acreate(self, validated_data: Any) -> Any:
        return await blocking(self.create, validated_data)

    async def aupdate(self, instance: Any, validated_data: Any) -> Any:
        return await blocking(self.update, instance, validated_data)

    def _message_class(self) -> type[Message]:
        return message_class_for(type(self), service=self.context.get("service"))


class ProtoSerializer(BaseProtoSerializer, serializers.Serializer[Any]):
    """DRF's Serializer, with messages."""

    @cached_property
    def fields(self) -> Any:
        """The fields by name: copies of those of the class, where that is right."""
        prototype = prototype_of(self)
        return super().fields if prototype is None else prototype.fields_of(self)


class ModelProtoSerializer(ProtoSerializer, serializers.ModelSerializer[Any]):
    """DRF's ModelSerializer, with messages. A model's BinaryField is bytes."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.BinaryField: BinaryField,
    }

    def get_validators(self) -> list[Any]:
        return super().get_validators() if has_row_validators(self) else []

    def create(self, validated_data: Any) -> Any:
        """Save a new object. A relation to many, or a nested object, is DRF's business."""
        model: Any = self.Meta.model
        if not are_columns(model, validated_data):
            return super().create(validated_data)
        try:
            return create(model, validated_data)
        except TypeError as exc:
            manager = f"{model.__name__}.{model._default_manager.name}"
            exc.add_note(
                f"{type(self).__name__} has called {manager}.create() with the fields "
                f"{', '.join(validated_data)}. Override create() to save them in another way, or "
                "make read-only what cannot be saved."
            )
            raise

    def update(self, instance: Any, validated_data: Any) -> Any:
        """Save the object. A relation to many, or a nested object, is DRF's business."""
        if not are_columns(type(instance), validated_data):
            return super().update(instance, validated_data)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save()
        return instance
