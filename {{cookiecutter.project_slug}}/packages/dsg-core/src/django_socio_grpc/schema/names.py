"""What messages are called: from serializer classes, services and actions."""

import re

from django_socio_grpc.schema.model import Side
from django_socio_grpc.settings import grpc_settings

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def base_name(serializer_class: type) -> str:
    """Return the class name without its last "ProtoSerializer" or "Serializer".

    >>> base_name(QuestionProtoSerializer)
    'Question'
    """
    name = serializer_class.__name__
    ending = "ProtoSerializer" if "ProtoSerializer" in name else "Serializer"
    return "".join(name.rsplit(ending, 1)) or name


def serializer_side(side: Side) -> Side:
    """Return whether a serializer's message for ``side`` serves the other side as well."""
    return side if grpc_settings.SEPARATE_READ_WRITE_MODEL else Side.BOTH


def partial_update_message(serializer_class: type) -> str:
    return f"{base_name(serializer_class)}PartialUpdate{Side.REQUEST}"


def action_message(service_name: str, action: str, side: Side) -> str:
    """Return the name of a message that an action declares field by field."""
    return f"{service_name}{action}{side}"


def is_list(name: str, side: Side) -> bool:
    return name.removesuffix(side).endswith("List")


def with_list(name: str, side: Side) -> str:
    """Return the name of a list of ``name``: "List" goes before "Request" or "Response"."""
    return with_word(name, "List", side)


def with_word(name: str, word: str, side: Side) -> str:
    """Return ``name`` with ``word`` before its "Request" or "Response", or at its end."""
    stem = name.removesuffix(side)
    return f"{stem}{word}{name.removeprefix(stem)}"


def without_list(name: str, side: Side) -> str:
    """Return the name of an element of the list called ``name``."""
    stem = name.removesuffix(side)
    return f"{stem.removesuffix('List')}{name.removeprefix(stem)}"


def is_identifier(name: object) -> bool:
    """Whether ``.proto`` takes ``name``: ASCII letters, digits and underscores."""
    return isinstance(name, str) and IDENTIFIER.fullmatch(name) is not None
