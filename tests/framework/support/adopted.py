"""Contracts that another generator wrote, taken over by services, and the clients they have."""

from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import grpc
from compiled import compile_to_descriptors
from declared import Contract, Stub
from django_socio_grpc.contract import protoc
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.services import Service
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
from google.protobuf.message_factory import GetMessageClass

by_name = attrgetter("name")


def messages_of(file: FileDescriptor) -> SimpleNamespace:
    return SimpleNamespace(
        **{name: GetMessageClass(m) for name, m in file.message_types_by_name.items()}
    )


class Adopted(Contract):
    """``existing``, the text of a contract, as it is once ``services`` have taken it over."""

    def __init__(self, existing: str, *services: type[Service]) -> None:
        self.services = services
        self.before = protoc.parse(existing)
        self.text = render(
            assign(app_spec("adopted", services, package=self.before.package), self.before)
        )
        self.after = protoc.parse(self.text)
        self.old_file = compile_to_descriptors(existing)
        self.file = compile_to_descriptors(self.text)
        self.pb = messages_of(self.file)
        for service in services:
            service.pb = self.pb  # type: ignore[attr-defined]

    def old_stub(self, channel: grpc.Channel, name: str) -> Stub:
        """A client that was generated from the existing file."""
        return Stub(
            channel, self.old_file.services_by_name[name], messages_of(self.old_file), timeout=10
        )

    def changes(self) -> list[str]:
        """What of the existing contract is another on the wire, but for new presence."""
        old, new = _wire(self.before), _wire(self.after)
        return [
            f"{name}: {old[name]} -> {new.get(name)}" for name in old if old[name] != new.get(name)
        ]

    def lost_presence(self) -> list[str]:
        """The fields that were ``optional`` and are no more."""
        return sorted(_optional(self.before) - _optional(self.after))


def _wire(file: FileDescriptorProto) -> dict[str, Any]:
    found: dict[str, Any] = {"package": file.package}
    for service in file.service:
        for method in service.method:
            found[f"{service.name}.{method.name}"] = (
                method.input_type,
                method.output_type,
                method.client_streaming,
                method.server_streaming,
            )
    for enum in file.enum_type:
        found[enum.name] = {value.name: value.number for value in enum.value}
    for message in file.message_type:
        found.update(_of_message(message, message.name))
    return found


def _of_message(message: DescriptorProto, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        f"{name}.{field.name}": (field.number, field.type, field.type_name, field.label)
        for field in message.field
    }
    for enum in message.enum_type:
        found[f"{name}.{enum.name}"] = {value.name: value.number for value in enum.value}
    for nested in message.nested_type:
        found.update(_of_message(nested, f"{name}.{nested.name}"))
    return found


def _optional(file: FileDescriptorProto) -> set[str]:
    return {
        f"{message.name}.{field.name}"
        for message in file.message_type
        for field in message.field
        if field.proto3_optional
    }
