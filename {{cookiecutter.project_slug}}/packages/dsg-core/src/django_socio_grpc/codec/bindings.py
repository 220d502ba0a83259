"""Which message class stands for a serializer class."""

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from google.protobuf.message import Message

from django_socio_grpc.exceptions import ConfigurationError

NO_ANSWERS: Mapping[tuple[type, bool], type[Message]] = MappingProxyType({})
call_messages: ContextVar[Mapping[tuple[type, bool], type[Message]]] = ContextVar(
    "call_messages", default=NO_ANSWERS
)
"""What the action of the current call answers with, by serializer class and ``many``."""

_bound: dict[tuple[type, bool], dict[str, type[Message]]] = {}


class UnboundSerializer(ConfigurationError, AssertionError):
    """No message class stands for a serializer."""


def bind(serializer_class: type, message_class: type[Message], *, many: bool = False) -> None:
    """Let ``message_class`` stand for ``serializer_class`` in the message's proto package.

    With ``many`` it is the message of a list. A later class of the same package replaces it.
    """
    package = message_class.DESCRIPTOR.file.package
    _bound.setdefault((serializer_class, many), {})[package] = message_class


def message_class_for(
    serializer_class: type, *, many: bool = False, service: Any = None
) -> type[Message]:
    """Return the message class that stands for ``serializer_class``.

    ``Meta.proto_class`` (``Meta.proto_class_list`` with ``many``) wins, then what the action of
    the current call answers with. Else it is what was bound; where several proto packages have
    bound one, that of the package of ``service``.

    Raises:
        UnboundSerializer: there is none, or several and ``service`` decides for none of them.
    """
    option = "proto_class_list" if many else "proto_class"
    declared = getattr(getattr(serializer_class, "Meta", None), option, None)
    if declared is not None:
        message_class: type[Message] = declared
        return message_class
    answered = call_messages.get().get((serializer_class, many))
    if answered is not None:
        return answered
    bound = _bound.get((serializer_class, many), {})
    if len(bound) == 1:
        return next(iter(bound.values()))
    package = getattr(service, "proto_package", "")
    if package in bound:
        return bound[package]
    name = serializer_class.__name__
    if bound:
        reason = f"its packages {', '.join(sorted(bound))} each have one, and the call is of none"
    else:
        reason = "no registered service answers with it"
    raise UnboundSerializer(
        f'Class {name} missing "Meta.{option}" attribute: {reason}. Set Meta.{option} to the '
        f"message's class from the app's _pb2 module, or register a service that has {name} in "
        "a response."
    )
