"""Requests, as callers like to write them: a message, a dict, or keyword fields."""

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

Metadata: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, str | bytes]]


class EOF(Exception):  # the name that gRPC uses for it
    """The stream has ended: there is nothing more to receive, or nobody to send to."""


def build(message_class: type[Message], request: Any, fields: Mapping[str, Any]) -> Message:
    """Return ``request``, or the message that a dict and keyword ``fields`` describe.

    A message of the same name that was made from another copy of the contract will do.

    Raises:
        TypeError: ``request`` is none of these, or a value does not fit its field.
        ValueError: there is no such field; the message names those that there are.
    """
    descriptor: Any = message_class.DESCRIPTOR
    if isinstance(request, Message):
        if request.DESCRIPTOR.full_name != descriptor.full_name:
            raise TypeError(
                f"The request is a {request.DESCRIPTOR.full_name}. It takes a "
                f"{descriptor.full_name}."
            )
        if fields:
            raise TypeError(f"Give a {descriptor.name} or its fields {sorted(fields)}, not both.")
        return request
    if request is not None and not isinstance(request, Mapping):
        raise TypeError(
            f"The request is {request!r:.100}. Give a {descriptor.full_name}, a dict or fields."
        )
    values = {**(request or {}), **fields}
    _check_names(descriptor, values)
    try:
        return message_class(**values)
    except (TypeError, ValueError) as exc:
        raise type(exc)(f"{descriptor.full_name}: {exc}") from exc


def pairs(metadata: Metadata | None) -> tuple[tuple[str, str | bytes], ...] | None:
    """Return metadata as grpc takes it; a dict or a list as a value is sent as JSON."""
    if metadata is None:
        return None
    items = metadata.items() if isinstance(metadata, Mapping) else metadata
    return tuple((name, _text(value)) for name, value in items)


def hint(name: str, known: Iterable[str]) -> str:
    """Return a sentence that says what ``name`` may have been meant to be."""
    names = sorted(known)
    close = get_close_matches(name, names, n=3)
    if close:
        return f"Did you mean {' or '.join(map(repr, close))}?"
    return f"There are: {', '.join(names)}." if names else "There are none."


def _text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _check_names(descriptor: Descriptor, values: Mapping[str, Any]) -> None:
    known = descriptor.fields_by_name
    for name, value in values.items():
        if name not in known:
            raise ValueError(
                f"{descriptor.full_name} has no field {name!r}. {hint(name, known.keys())}"
            )
        inner = known[name].message_type
        # Messages of protobuf's own, Struct among them, take Python values; a map has any keys.
        if inner is None or inner.GetOptions().map_entry:
            continue
        if inner.file.package == "google.protobuf":
            continue
        for item in value if isinstance(value, Sequence) else [value]:
            if isinstance(item, Mapping):
                _check_names(inner, item)
