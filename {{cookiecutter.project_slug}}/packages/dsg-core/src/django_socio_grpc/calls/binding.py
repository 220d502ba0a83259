"""A service class and its generated contract -> the plans of its RPCs."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from django_socio_grpc import actions
from django_socio_grpc.base_service import BaseService
from django_socio_grpc.calls.plan import CallPlan, plan_action
from django_socio_grpc.calls.requirements import check_requirements
from django_socio_grpc.codec import bind
from django_socio_grpc.contract import breaks, descriptors
from django_socio_grpc.contract.introspect import service_spec
from django_socio_grpc.exceptions import GENERATE, ConfigurationError
from django_socio_grpc.generic_service import GenericService
from django_socio_grpc.schema import names
from django_socio_grpc.schema.model import (
    AppSpec,
    FieldCardinality,
    FieldSpec,
    MessageSpec,
    RpcSpec,
    ServiceSpec,
    Side,
)
from django_socio_grpc.schema.proto_types import map_parts
from django_socio_grpc.service import Service


def bind_service(
    service_class: type[Service], file: FileDescriptor, *, check_messages: bool = True
) -> tuple[str, Mapping[str, CallPlan]]:
    """Return the full name of the service in ``file``, and the plan of each of its RPCs.

    The serializers of its RPCs learn which messages are theirs. ``check_messages`` is off for a
    contract that is written by hand, whose messages are its own.

    Raises:
        ConfigurationError: the contract is not the one that the service's code declares, or the
            service lacks what its handlers use.
    """
    service = service_class()
    descriptor = _service_descriptor(service_class, file)
    if issubclass(service_class, BaseService):
        service_class.adopt(descriptor)
    service_class.proto_package = file.package
    declared = actions.collect(service)
    spec, messages = service_spec(service)
    _Comparison(service_class, file, check_messages).check(spec, messages)
    answers = _Answers(messages, file)
    answers.bind()
    if isinstance(service, GenericService):
        for name, action in declared.items():
            check_requirements(service, action, descriptor.methods_by_name[name].input_type)
    return descriptor.full_name, {
        rpc.name: plan_action(
            service_class,
            declared[rpc.name],
            descriptor.methods_by_name[rpc.name],
            answers=answers.of(rpc),
        )
        for rpc in spec.rpcs
    }


def bind_serializers(service_class: type[Service], file: FileDescriptor) -> None:
    """Let the messages of ``file`` stand for the serializers that the service answers with."""
    _, messages = service_spec(service_class())
    _Answers(messages, file).bind()


def _service_descriptor(cls: type[Service], file: FileDescriptor) -> ServiceDescriptor:
    name = cls.get_controller_name()
    if name not in file.services_by_name:
        raise ConfigurationError(
            f"{cls.__name__} is {name!r} on the wire, which {file.name} does not know. {GENERATE}"
        )
    return file.services_by_name[name]


class _Answers:
    """Which messages stand for which serializers in what a service answers."""

    def __init__(self, messages: Sequence[MessageSpec], file: FileDescriptor) -> None:
        self._file = file
        self._fields = {message.name: message.fields for message in messages}
        self._specs = {
            message.name: message
            for message in messages
            if message.serializer is not None
            and message.side is not Side.REQUEST
            and message.name in file.message_types_by_name
        }

    def bind(self) -> None:
        """Let them stand for their serializers where no call decides.

        An action may give a serializer's message a name of its own. Those are bound first, so
        that the usual one replaces them.
        """
        for spec in sorted(self._specs.values(), key=_has_usual_name):
            for (serializer, many), message_class in self._classes(spec).items():
                bind(serializer, message_class, many=many)

    def of(self, rpc: RpcSpec) -> Mapping[tuple[type, bool], type[Message]]:
        """What the rpc answers with, by serializer class and whether it is a list.

        That is the message of a serializer, or what a list or the action's own fields hold.
        """
        spec = self._specs.get(rpc.response)
        found = {} if spec is None else self._classes(spec)
        if spec is None or spec.many:
            for field in self._fields.get(rpc.response, ()):
                held = self._specs.get(field.type)
                found |= {} if held is None else self._classes(held)
        return found

    def _classes(self, spec: MessageSpec) -> dict[tuple[type, bool], type[Message]]:
        message_class = GetMessageClass(self._file.message_types_by_name[spec.name])
        return {(serializer, spec.many): message_class for serializer in spec.serializers}


def _has_usual_name(spec: MessageSpec) -> bool:
    cls = spec.serializer  # a field of an action has the message that is called as its class
    return (
        cls is not None
        and spec.name.startswith(names.base_name(cls))
        and spec.name != cls.__name__
    )


@lru_cache(maxsize=1)
def _generated(file: FileDescriptor) -> AppSpec:
    """What ``file`` holds; it is read once for the services of an app, which come in a row."""
    proto = FileDescriptorProto()
    file.CopyToProto(proto)
    return descriptors.read(proto)


class _Comparison:
    """What the code of a service declares, against what is in the generated file."""

    def __init__(self, cls: type[Service], file: FileDescriptor, check_messages: bool) -> None:
        generated = _generated(file)
        self.cls = cls
        self.module = f"{file.name.removesuffix('.proto').replace('/', '.')}_pb2"
        self.check_messages = check_messages
        self.services = {service.name: service for service in generated.services}
        self.messages = {message.name: message for message in generated.messages}
        self.enums = {enum.name: enum for enum in generated.enums}

    def check(self, declared: ServiceSpec, messages: Sequence[MessageSpec]) -> None:
        """Raise ConfigurationError, with the first difference, if there is one."""
        in_code = {rpc.name: rpc for rpc in declared.rpcs}
        in_file = {rpc.name: rpc for rpc in self.services[declared.name].rpcs}
        for name in sorted(in_code.keys() - in_file.keys()):
            raise self._stale(f"it has no rpc {name!r}.")
        for name, rpc in in_file.items():
            if name not in in_code:
                raise self._stale(
                    f"the class has no action {name!r}. Add the method, or, to remove the rpc:"
                )
            self._check_rpc(in_code[name], rpc)
        if self.check_messages:
            for message in messages:
                self._check_message(message)

    def _check_rpc(self, in_code: RpcSpec, in_file: RpcSpec) -> None:
        name = in_code.name
        for side in ("request", "response"):
            streams = getattr(in_file, f"{side}_stream")
            if getattr(in_code, f"{side}_stream") is not streams:
                raise self._stale(
                    f"the {side} of {name!r} is {'' if streams else 'not '}a stream in the file "
                    f"and {'not ' if streams else ''}one in the class."
                )
            now, then = getattr(in_code, side), getattr(in_file, side)
            if self.check_messages and now != then:
                raise self._stale(
                    f"the {side} of {name!r} is {then} in the file and {now} in the class."
                )

    def _check_message(self, in_code: MessageSpec) -> None:
        in_file = self.messages.get(in_code.name)
        if in_file is None:
            raise self._stale(f"it has no message {in_code.name!r}.")
        fields = {field.name: field for field in in_file.fields}
        missing = [field.name for field in in_code.fields if field.name not in fields]
        gone = sorted(fields.keys() - {field.name for field in in_code.fields})
        what = [f"lacks {', '.join(missing)}"] if missing else []
        what += [f"still has {', '.join(gone)}"] if gone else []
        if what:
            raise self._stale(f"{in_code.name} {' and '.join(what)}.")
        for field in in_code.fields:
            if not _carries(fields[field.name], field):
                raise self._stale(
                    f"{in_code.name}.{field.name} is {_text(fields[field.name])} in the file and "
                    f"{_text(field)} in the class."
                )
            self._check_enum(f"{in_code.name}.{field.name}", fields[field.name], field)

    def _check_enum(self, name: str, in_file: FieldSpec, in_code: FieldSpec) -> None:
        if in_code.enum is None or in_file.type not in self.enums:
            return
        known = {value.key for value in self.enums[in_file.type].values}
        missing = [value.key for value in in_code.enum.values if value.key not in known]
        if missing:
            raise self._stale(f"{in_file.type}, the type of {name}, lacks {', '.join(missing)}.")

    def _stale(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"{self.module} is not what {self.cls.__name__} declares: {what} {GENERATE}"
        )


def _carries(in_file: FieldSpec, in_code: FieldSpec) -> bool:
    """Whether the field of the file can carry what the code has for it, null included."""
    optional = FieldCardinality.OPTIONAL
    has_label = in_file.cardinality is optional or in_file.oneof or map_parts(in_file.type)
    if in_code.cardinality is optional and not has_label:
        return False
    if in_code.oneof and not in_file.oneof:
        return False
    return breaks.is_compatible(in_file, in_code)


def _text(field: FieldSpec) -> str:
    oneof = f" in the oneof {field.oneof}" if field.oneof else ""
    return f"{field.cardinality} {field.type}{oneof}".strip()
