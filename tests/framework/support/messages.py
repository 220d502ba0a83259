"""Message classes for tests, from a line of fields each, in a descriptor pool of their own.

pb = messages(Book="optional string title, repeated Tag tags", Tag="string label")
pb.Book(title="Emma")
"""

from types import SimpleNamespace
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.type import date_pb2

WELL_KNOWN = (struct_pb2, timestamp_pb2, duration_pb2, wrappers_pb2, date_pb2)
SCALARS = {
    name.removeprefix("TYPE_").lower(): number
    for name, number in descriptor_pb2.FieldDescriptorProto.Type.items()
}


def messages(
    *, package: str = "tests", enums: dict[str, tuple[str, ...]] | None = None, **fields: str
) -> SimpleNamespace:
    """Return the message classes by name. An enum is a tuple of its names, numbered from 0."""
    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package=package, syntax="proto3")
    for module in WELL_KNOWN:
        known: Any = module
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
        file.dependency.append(known.DESCRIPTOR.name)
    for name, keys in (enums or {}).items():
        enum = file.enum_type.add(name=name)
        for number, key in enumerate(keys):
            enum.value.add(name=key, number=number)
    types = {**dict.fromkeys(fields, "message"), **dict.fromkeys(enums or {}, "enum")}
    for name, text in fields.items():
        message = file.message_type.add(name=name)
        for number, line in enumerate(filter(None, map(str.strip, text.split(","))), 1):
            _add_field(message, number, line.split(), types, package)
    pool.AddSerializedFile(file.SerializeToString())
    return SimpleNamespace(
        **{
            name: message_factory.GetMessageClass(
                pool.FindMessageTypeByName(f"{package}.{name}" if package else name)
            )
            for name in fields
        }
    )


def _add_field(
    message: descriptor_pb2.DescriptorProto,
    number: int,
    words: list[str],
    types: dict[str, str],
    package: str,
) -> None:
    *label, kind, name = words
    field = message.field.add(name=name, number=number, label="LABEL_OPTIONAL")
    if kind.startswith("map<"):  # map<string:int32>
        key, value = kind.removeprefix("map<").removesuffix(">").split(":")
        entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        _set_type(entry.field.add(name="key", number=1), key, types, package)
        _set_type(entry.field.add(name="value", number=2), value, types, package)
        field.label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
        field.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{package}.{message.name}.{entry.name}"
        return
    _set_type(field, kind, types, package)
    if label == ["repeated"]:
        field.label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
    elif label == ["optional"]:
        field.proto3_optional = True
        field.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{name}")


def _set_type(
    field: descriptor_pb2.FieldDescriptorProto, kind: str, types: dict[str, str], package: str
) -> None:
    field.label = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
    if kind in SCALARS:
        field.type = SCALARS[kind]
        return
    field.type = SCALARS[types.get(kind, "message")]
    field.type_name = f".{package}.{kind}" if kind in types else f".{kind}"
