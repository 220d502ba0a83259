"""A service class and its generated contract -> the plans of its RPCs."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, FileDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from django_socio_grpc import actions
from django_socio_grpc.codec import bind
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.plan import CallPlan, plan_action
from django_socio_grpc.schema.introspect import service_spec
from django_socio_grpc.schema.model import MessageSpec, Side
from django_socio_grpc.service import Service

GENERATE = "Run: python manage.py generateproto"


def bind_service(
    service_class: type[Service], file: FileDescriptor, *, check_messages: bool = True
) -> tuple[str, Mapping[str, CallPlan]]:
    """Return the full name of the service in ``file``, and the plan of each of its RPCs.

    The serializers of its RPCs learn which messages are theirs.

    Raises:
        ConfigurationError: the contract is not the one that the service's code declares.
    """
    service = service_class()
    descriptor = _service_descriptor(service_class, file)
    service_class.proto_package = file.package
    declared = actions.collect(service)
    _check_rpcs(service_class, declared, descriptor)
    _, messages = service_spec(service)
    for spec in messages:
        message = file.message_types_by_name.get(spec.name)
        if check_messages:
            _check_message(service_class, spec, message, file)
        if message is not None and spec.serializer is not None and spec.side is not Side.REQUEST:
            bind(spec.serializer, GetMessageClass(message), many=spec.many)
    return descriptor.full_name, {
        name: plan_action(service_class, action, descriptor.methods_by_name[name])
        for name, action in declared.items()
    }


def _service_descriptor(cls: type[Service], file: FileDescriptor) -> ServiceDescriptor:
    name = cls.get_controller_name()
    if name not in file.services_by_name:
        raise ConfigurationError(
            f"{cls.__name__} is {name!r} on the wire, which {file.name} does not know. {GENERATE}"
        )
    return file.services_by_name[name]


def _check_rpcs(
    cls: type[Service], declared: Mapping[str, actions.Action], descriptor: ServiceDescriptor
) -> None:
    stale = f"{descriptor.file.name} is not what {cls.__name__} declares:"
    for name in declared.keys() - descriptor.methods_by_name.keys():
        raise ConfigurationError(f"{stale} it has no rpc {name!r}. {GENERATE}")
    for name, method in descriptor.methods_by_name.items():
        action = declared.get(name)
        if action is None:
            raise ConfigurationError(
                f"{stale} the class has no action {name!r}. Add the method, or remove the rpc. "
                f"{GENERATE}"
            )
        for side, in_code, in_file in (
            ("request", action.request_stream, method.client_streaming),
            ("response", action.response_stream, method.server_streaming),
        ):
            if bool(in_code) is not in_file:
                raise ConfigurationError(
                    f"{stale} the {side} of {name!r} is {'' if in_file else 'not '}a stream in "
                    f"the file and {'' if in_code else 'not '}one in the class. {GENERATE}"
                )


def _check_message(
    cls: type[Service], spec: MessageSpec, message: Descriptor | None, file: FileDescriptor
) -> None:
    stale = f"{file.name} is not what {cls.__name__} declares:"
    if message is None:
        raise ConfigurationError(f"{stale} it has no message {spec.name!r}. {GENERATE}")
    in_code: set[Any] = {item.name for item in spec.fields}
    in_file: set[Any] = set(message.fields_by_name)
    if in_code != in_file:
        missing, gone = sorted(in_code - in_file), sorted(in_file - in_code)
        what = [f"lacks {', '.join(missing)}"] if missing else []
        what += [f"still has {', '.join(gone)}"] if gone else []
        raise ConfigurationError(f"{stale} {spec.name} {' and '.join(what)}. {GENERATE}")
