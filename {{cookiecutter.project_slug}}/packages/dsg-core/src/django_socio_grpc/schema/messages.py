"""The messages of one contract, collected by name; no name means two things."""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from rest_framework.serializers import BaseSerializer, ModelSerializer

from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.fields import comment_text, serializer_fields
from django_socio_grpc.schema.model import FieldCardinality, FieldSpec, MessageSpec, Side
from django_socio_grpc.schema.names import base_name, is_identifier
from django_socio_grpc.schema.proto_types import SCALARS, WELL_KNOWN, file_of, names_in

PARTIAL_UPDATE_FIELDS = "_partial_update_fields"
"""The names of the fields of a partial update that the request sets, null ones among them."""

FILTERS_FIELD = "_filters"
PAGINATION_FIELD = "_pagination"
"""What a request may filter by, and which page it wants: a Struct, or a message of their own."""


@dataclass(slots=True)
class Messages:
    """Collects messages. ``owners`` says which action each was made for first.

    ``base_name`` gives what the names of a serializer's messages begin with.
    """

    specs: dict[str, MessageSpec] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    base_name: Callable[[type], str] = base_name
    _open: set[tuple[str, type]] = field(default_factory=set)

    def add(self, owner: str, spec: MessageSpec) -> str:
        """Add ``spec`` for the action ``owner``, unless it is there; return its name.

        Raises:
            ConfigurationError: a message of that name with other fields is there already.
        """
        if not is_identifier(spec.name):
            raise ConfigurationError(
                f"{owner}: {spec.name!r} cannot be the name of a message. Use ASCII letters, "
                "digits and underscores."
            )
        _check_fields(owner, spec)
        known = self.specs.get(spec.name, spec)
        self.owners.setdefault(spec.name, owner)
        if _shape(known) != _shape(spec):
            option = f"{spec.side.lower()}_name" if spec.side else "request_name or response_name"
            action = self.owners[spec.name].partition(" ")[0].rpartition(".")[2]
            by_depth = getattr(spec.serializer, "__module__", "") == ModelSerializer.__module__
            rename = "declare what Meta.depth nests" if by_depth else "rename a serializer class"
            raise ConfigurationError(
                f"{owner} and {self.owners[spec.name]} both have a message {spec.name}, with "
                f"different fields: {_text(spec)}, and {_text(known)}. Give one of them another "
                f'name: set {option} in the @grpc_action of either, to "{action}{spec.name}" for '
                f"example, or {rename}."
            )
        self.specs[spec.name] = _merged(known, spec)
        return spec.name

    def add_serializer(
        self,
        owner: str,
        serializer: BaseSerializer[Any],
        side: Side,
        *,
        name: str = "",
        partial_update: bool = False,
    ) -> str:
        """Add the message of ``serializer`` and all that it nests; return its name."""
        cls = type(serializer)
        name = name or f"{self.base_name(cls)}{side}"
        if (name, cls) in self._open:  # a serializer that holds itself
            return name
        self._open.add((name, cls))

        def nest(inner: BaseSerializer[Any], called: str = "", own: Side | None = None) -> str:
            if type(inner) is cls and own is None and not partial_update:
                return name  # whatever an action calls it
            inner_side = side if own is None else own
            return self.add_serializer(f"{owner} ({cls.__name__})", inner, inner_side, name=called)

        fields = tuple(serializer_fields(serializer, side, nest))
        if partial_update:
            fields += (
                FieldSpec(
                    name=PARTIAL_UPDATE_FIELDS,
                    type="string",
                    cardinality=FieldCardinality.REPEATED,
                    comment="Names of the fields to update: one without a value becomes null.",
                ),
            )
        self._open.discard((name, cls))
        comment = getattr(getattr(cls, "Meta", None), "proto_comment", None)
        spec = MessageSpec(
            name=name,
            fields=fields,
            comment=comment_text(comment) or inspect.cleandoc(cls.__doc__ or ""),
            serializers=(cls,),
            side=side,
        )
        return self.add(owner, spec)

    def check_references(self) -> None:
        """Raise ConfigurationError if a field has a type that no message here stands for."""
        for spec in self.specs.values():
            for item in spec.fields:
                for name in names_in(item.type) if item.enum is None else ():
                    self.check_type(f"{self.owners[spec.name]}: {spec.name}.{item.name}", name)

    def check_type(self, owner: str, name: str) -> None:
        """Raise ConfigurationError if no message here, nor of another package, is ``name``."""
        if name in self.specs or file_of(name):
            return
        close = difflib.get_close_matches(name, [*self.specs, *SCALARS, *WELL_KNOWN], n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ConfigurationError(
            f"{owner} has the type {name!r}, which is neither a scalar, nor a message of this "
            f"contract, nor one of an imported _pb2 module.{hint}"
        )


def _check_fields(owner: str, spec: MessageSpec) -> None:
    names = [item.name for item in spec.fields]
    for name in names:
        if not is_identifier(name):
            raise ConfigurationError(
                f"{owner}: {spec.name}.{name} cannot be a field of a message. Use ASCII letters, "
                "digits and underscores."
            )
        if names.count(name) > 1:
            raise ConfigurationError(f"{owner}: {spec.name} has two fields {name!r}. Rename one.")


def _merged(known: MessageSpec, spec: MessageSpec) -> MessageSpec:
    """The one message that ``known`` and ``spec``, of equal fields, are."""
    if known.many is not spec.many:
        return known
    return replace(
        known,
        serializers=tuple(dict.fromkeys((*known.serializers, *spec.serializers))),
        side=known.side if known.side is spec.side else Side.BOTH,
    )


def _shape(spec: MessageSpec) -> set[tuple[str, str, str, str]]:
    return {(item.name, item.type, item.cardinality, item.oneof) for item in spec.fields}


def _text(spec: MessageSpec) -> str:
    fields = (f"{item.cardinality} {item.type} {item.name}".strip() for item in spec.fields)
    return "{" + ", ".join(fields) + "}"
