"""The numbers of fields: kept from the existing contract, never given twice."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from django_socio_grpc.contract import breaks, descriptors, handwritten
from django_socio_grpc.exceptions import ProtobufGenerationException
from django_socio_grpc.schema.enums import enums_of
from django_socio_grpc.schema.model import (
    AppSpec,
    EnumSpec,
    FieldCardinality,
    FieldSpec,
    MessageSpec,
)
from django_socio_grpc.schema.proto_types import map_parts

LAST = 2**29 - 1
INTERNAL = range(19000, 20000)
"""Numbers that protobuf keeps for itself."""


def assign(
    spec: AppSpec, previous: FileDescriptorProto | None, *, allow_breaking: bool = False
) -> AppSpec:
    """Return ``spec`` with a number for every field.

    A field of ``previous`` keeps its number, and its type and label as long as the new field
    can be sent as them. A new field gets a number above all that were ever used. What is gone
    is reserved, by number and name.

    Raises:
        ProtobufGenerationException: clients of ``previous`` would break. The text lists every
            break. With ``allow_breaking`` the contract changes instead.
    """
    old = AppSpec(package=spec.package) if previous is None else descriptors.read(previous)
    if previous is not None and not allow_breaking:
        breaks.check(old, spec, handwritten.find(previous))
    before = {message.name: message for message in old.messages}
    enums = {enum.name: enum for enum in old.enums}
    messages = tuple(
        _message(message, before.get(message.name, MessageSpec(name=message.name)), enums.keys())
        for message in spec.messages
    )
    return replace(
        spec,
        messages=messages,
        enums=tuple(
            _enum(enum, enums.get(enum.name, EnumSpec(name=enum.name, values=())))
            for enum in (*spec.enums, *enums_of(messages))
        ),
    )


class _Numbers:
    """The numbers of one message or enum that are free: those above all that were used."""

    def __init__(self, owner: str, used: Iterable[int], reserved: Collection[range]) -> None:
        self.owner = owner
        self.taken = [*reserved, INTERNAL]
        # A range "to max" closes the end, it does not say that its numbers were used.
        ends = (run[-1] for run in reserved if run[-1] < LAST)
        self.last = max([0, *used, *ends])

    def fresh(self) -> int:
        self.last += 1
        while run := next((run for run in self.taken if self.last in run), None):
            self.last = run[-1] + 1
        if self.last > LAST:
            raise ProtobufGenerationException(
                f"{self.owner} has no number left for a new field. Narrow its reserved ranges."
            )
        return self.last


def _message(message: MessageSpec, old: MessageSpec, enums: Collection[str]) -> MessageSpec:
    used = [field.number for field in old.fields if field.number is not None]
    numbers = _Numbers(message.name, used, old.reserved_numbers)
    before = {field.name: field for field in old.fields}
    fields = []
    for field in message.fields:
        kept = before.get(field.name)
        if kept is not None and breaks.is_compatible(kept, field):
            fields.append(_kept(field, kept))
        else:
            fields.append(replace(_new(field, enums), number=numbers.fresh()))
    names = {field.name for field in fields}
    gone = set(used) - {field.number for field in fields}
    return replace(
        message,
        fields=tuple(fields),
        reserved_numbers=_merged([*old.reserved_numbers, *(range(n, n + 1) for n in gone)]),
        reserved_names=tuple(sorted({*old.reserved_names, *before} - names)),
    )


def _new(field: FieldSpec, enums: Collection[str]) -> FieldSpec:
    """``field`` with its enum where the contract has that already, if it does."""
    if field.enum is None or field.type in enums:
        return field
    found = field.accepts.intersection(enums)
    return replace(field, type=min(found)) if found else field


def _kept(field: FieldSpec, old: FieldSpec) -> FieldSpec:
    # Presence can be added without harm, and clients that ask for it must go on finding it.
    optional = FieldCardinality.OPTIONAL in (field.cardinality, old.cardinality)
    cardinality = FieldCardinality.OPTIONAL if optional else field.cardinality
    if old.oneof or map_parts(old.type):  # neither takes a label
        cardinality = FieldCardinality.NONE
    return replace(
        field, number=old.number, type=old.type, cardinality=cardinality, oneof=old.oneof
    )


def _enum(enum: EnumSpec, old: EnumSpec) -> EnumSpec:
    before = {value.key: value.number for value in old.values}
    zero = next((value for value in old.values if not value.number), None)
    values = []
    numbers = _Numbers(enum.name, before.values(), old.reserved_numbers)
    for value in enum.values:
        number = before.get(value.key)
        if number is None and not value.number and zero is not None:
            continue  # the contract has another first value
        if number is None:
            number = numbers.fresh() if before else value.number
        values.append(value._replace(number=number))
    if zero is not None and all(value.number for value in values):
        values.append(zero)
    gone = set(before.values()) - {value.number for value in values}
    keys = {value.key for value in values}
    return replace(
        enum,
        values=tuple(sorted(values, key=lambda value: value.number)),
        reserved_numbers=_merged([*old.reserved_numbers, *(range(n, n + 1) for n in gone)]),
        reserved_names=tuple(sorted({*old.reserved_names, *before} - keys)),
    )


def _merged(ranges: Iterable[range]) -> tuple[range, ...]:
    """Return the same numbers in as few ranges as possible, in order."""
    merged: list[range] = []
    for run in sorted(ranges, key=lambda run: run.start):
        if merged and run.start <= merged[-1].stop:
            merged[-1] = range(merged[-1].start, max(merged[-1].stop, run.stop))
        else:
            merged.append(run)
    return tuple(merged)
