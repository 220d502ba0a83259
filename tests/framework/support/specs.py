"""Contracts in short: specs, and existing files as protoc parsed them."""

from django_socio_grpc.contract import protoc
from django_socio_grpc.schema.model import (
    AppSpec,
    FieldSpec,
    MessageSpec,
    RpcSpec,
    ServiceSpec,
)
from google.protobuf.descriptor_pb2 import FileDescriptorProto


def message(*fields: FieldSpec | str, name: str = "Book") -> MessageSpec:
    return MessageSpec(
        name=name,
        fields=tuple(
            FieldSpec(name=field, type="string") if isinstance(field, str) else field
            for field in fields
        ),
    )


def spec(*messages: MessageSpec, rpc: RpcSpec | None = None) -> AppSpec:
    services = (ServiceSpec(name="BookController", rpcs=(rpc,)),) if rpc else ()
    return AppSpec(package="library", services=services, messages=messages)


def previous(body: str, package: str = "library") -> FileDescriptorProto:
    return protoc.parse(
        f'syntax = "proto3"; package {package}; import "google/protobuf/timestamp.proto";\n{body}'
    )


def numbers(found: MessageSpec) -> dict[str, int | None]:
    return {field.name: field.number for field in found.fields}
