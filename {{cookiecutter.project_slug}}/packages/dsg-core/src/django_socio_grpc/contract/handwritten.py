"""What only a hand writes into a ``.proto``: a contract that is generated cannot keep it."""

from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import Message

from django_socio_grpc.contract import descriptors, options

KEEP = "Keep the file as it is with AppHandlerRegistry(..., disable_proto_generation=True)."


def find(file: FileDescriptorProto) -> Iterator[str]:
    """Yield each thing that would be lost, with the way to keep it."""
    for lost in _in_file(file):
        yield f"{lost} would be lost. {KEEP}"


def _in_file(file: FileDescriptorProto) -> Iterator[str]:
    if file.syntax != "proto3":
        yield f"syntax {file.syntax or 'proto2'}"
    yield from (f"the public import of {file.dependency[i]}" for i in file.public_dependency)
    yield from (f"the extension {extension.name}" for extension in file.extension)
    yield from _options("the file", file.options)
    for message in file.message_type:
        yield from _in_message(message)
    for enum in file.enum_type:
        yield from _in_enum(enum)
    for service in file.service:
        yield from _options(f"service {service.name}", service.options)
        for method in service.method:
            yield from _options(f"{service.name}.{method.name}", method.options)


def _in_message(message: DescriptorProto) -> Iterator[str]:
    name = message.name
    for oneof in message.oneof_decl:
        yield from _options(f"{name}.{oneof.name}", oneof.options)
    for nested in message.nested_type:
        if descriptors.holds(nested):  # enums, and nothing else
            yield from _in_message(nested)
        elif not nested.options.map_entry:
            yield f"the nested message {name}.{nested.name}"
    for enum in message.enum_type:
        yield from _in_enum(enum)
    yield from (f"the extension {name}.{extension.name}" for extension in message.extension)
    yield from _options(name, message.options)
    for field in message.field:
        yield from _options(f"{name}.{field.name}", field.options)


def _in_enum(enum: EnumDescriptorProto) -> Iterator[str]:
    yield from _options(enum.name, enum.options)
    for value in enum.value:
        owner = f"{enum.name}.{value.name}"
        yield from (f"the option {line} of {owner}" for line in options.read(value.options))
        yield from _options(owner, value.options)


def _options(owner: str, message: Message) -> Iterator[str]:
    yield from (f"the option {name} of {owner}" for name in options.unreadable(message))
