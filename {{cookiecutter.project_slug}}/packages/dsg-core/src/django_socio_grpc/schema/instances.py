"""Serializers as a contract needs them: made, and asked for their fields, outside of any call."""

from collections.abc import Mapping
from typing import Any

from rest_framework.fields import Field
from rest_framework.serializers import BaseSerializer, Serializer

from django_socio_grpc.exceptions import ConfigurationError, ProtoRegistrationError


def instance_of(cls: type[BaseSerializer[Any]]) -> BaseSerializer[Any]:
    """Return an instance of ``cls`` without an object, data or a context.

    Raises:
        ProtoRegistrationError: ``cls`` cannot be made like that.
    """
    try:
        return cls()
    except ConfigurationError:
        raise
    except Exception as exc:  # whatever the code of a serializer raises without a call
        raise _needs_a_call(cls, "__init__", exc) from exc


def fields_of(serializer: Serializer[Any]) -> Mapping[str, Field[Any, Any, Any, Any]]:
    """Return the fields of ``serializer``, which has an empty context.

    Raises:
        ProtoRegistrationError: it cannot tell its fields without a call.
    """
    try:
        return serializer.fields
    except ConfigurationError:
        raise
    except Exception as exc:  # as above: ``get_fields`` is often overridden
        raise _needs_a_call(type(serializer), "get_fields", exc) from exc


def _needs_a_call(cls: type, method: str, exc: Exception) -> ProtoRegistrationError:
    return ProtoRegistrationError(
        f"{cls.__module__}.{cls.__qualname__} must tell its fields before any call, but "
        f"{method}() raised {type(exc).__name__}: {exc}. There is no context, request or user "
        'yet: use self.context.get("request"), and let it be None while the contract is made.'
    )
