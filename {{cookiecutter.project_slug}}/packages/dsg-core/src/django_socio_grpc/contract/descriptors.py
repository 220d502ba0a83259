"""``FileDescriptorProto`` -> ``AppSpec``: an existing contract, as protoc parsed it."""

import re
from collections.abc import Iterator
from dataclasses import replace

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

from django_socio_grpc.contract import options
from django_socio_grpc.schema.model import (
    AppSpec,
    EnumSpec,
    EnumValue,
    FieldCardinality,
    FieldSpec,
    MessageSpec,
    RpcSpec,
    ServiceSpec,
)


def read(file: FileDescriptorProto) -> AppSpec:
    """Return what ``file`` says, without its comments. Names of its own package are relative."""
    return AppSpec(
        package=file.package,
        services=tuple(_service(service, file.package) for service in file.service),
        messages=tuple(
            _message(message, file.package) for message in file.message_type if not holds(message)
        ),
        enums=tuple(_enums(file)),
        options=options.read(file.options),
    )


def holds(message: DescriptorProto) -> bool:
    """Whether ``message`` is there for the enums in it alone: nothing is ever sent in it."""
    inner = message.enum_type or message.nested_type
    if message.field or message.extension or message.reserved_range or message.reserved_name:
        return False
    return bool(inner) and all(map(holds, message.nested_type))


def _service(service: ServiceDescriptorProto, package: str) -> ServiceSpec:
    rpcs = (
        RpcSpec(
            name=method.name,
            request=_relative(method.input_type, package),
            response=_relative(method.output_type, package),
            request_stream=method.client_streaming,
            response_stream=method.server_streaming,
            options=options.read(method.options),
        )
        for method in service.method
    )
    return ServiceSpec(name=service.name, rpcs=tuple(rpcs), options=options.read(service.options))


def _message(message: DescriptorProto, package: str) -> MessageSpec:
    maps = {
        f"{message.name}.{nested.name}": nested
        for nested in message.nested_type
        if nested.options.map_entry
    }
    return MessageSpec(
        name=message.name,
        fields=tuple(
            replace(_field(field, maps, package), oneof=_oneof(field, message))
            for field in message.field
        ),
        reserved_numbers=tuple(range(r.start, r.end) for r in message.reserved_range),
        reserved_names=tuple(message.reserved_name),
        options=options.read(message.options),
    )


def _oneof(field: FieldDescriptorProto, message: DescriptorProto) -> str:
    # The field behind ``optional`` is in a oneof of its own, which nobody wrote.
    if field.proto3_optional or not field.HasField("oneof_index"):
        return ""
    return message.oneof_decl[field.oneof_index].name


def _field(
    field: FieldDescriptorProto, maps: dict[str, DescriptorProto], package: str
) -> FieldSpec:
    entry = maps.get(_relative(field.type_name, package))
    if entry is not None:
        key, value = (_type(part, package) for part in entry.field)
        proto_type, cardinality = f"map<{key}, {value}>", FieldCardinality.NONE
    else:
        proto_type, cardinality = _type(field, package), _cardinality(field)
    return FieldSpec(
        name=field.name,
        type=proto_type,
        cardinality=cardinality,
        enum=EnumSpec(name=proto_type, values=()) if field.type == field.TYPE_ENUM else None,
        number=field.number,
        options=(*_json_name(field), *options.read(field.options)),
    )


def _json_name(field: FieldDescriptorProto) -> tuple[str, ...]:
    """The option ``json_name``, which is not among the others, if it is not protoc's own."""
    own = re.sub("_+(.?)", lambda match: match[1].upper(), field.name)
    return () if field.json_name in ("", own) else (f'json_name = "{field.json_name}"',)


def _type(field: FieldDescriptorProto, package: str) -> str:
    if field.type_name:
        return _relative(field.type_name, package)
    return FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()


def _cardinality(field: FieldDescriptorProto) -> FieldCardinality:
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return FieldCardinality.REPEATED
    return FieldCardinality.OPTIONAL if field.proto3_optional else FieldCardinality.NONE


def _enums(scope: FileDescriptorProto | DescriptorProto, prefix: str = "") -> Iterator[EnumSpec]:
    """The enums in ``scope``, and those in its messages, each by its name from the file on."""
    for enum in scope.enum_type:
        yield EnumSpec(
            name=prefix + enum.name,
            values=tuple(EnumValue(value.name, value.number) for value in enum.value),
            # In an enum the end of a range is in it, in a message it is not.
            reserved_numbers=tuple(range(r.start, r.end + 1) for r in enum.reserved_range),
            reserved_names=tuple(enum.reserved_name),
            options=options.read(enum.options),
        )
    inner = scope.nested_type if isinstance(scope, DescriptorProto) else scope.message_type
    for message in inner:
        yield from _enums(message, f"{prefix}{message.name}.")


def _relative(full_name: str, package: str) -> str:
    name = full_name.removeprefix(".")
    return name.removeprefix(f"{package}.") if package else name
