"""What in a new contract would break the clients of the existing one."""

from collections.abc import Iterable, Iterator

from django_socio_grpc.exceptions import ProtobufGenerationException
from django_socio_grpc.schema.model import (
    AppSpec,
    FieldCardinality,
    FieldSpec,
    MessageSpec,
    RpcSpec,
)
from django_socio_grpc.schema.proto_types import SCALARS, WELL_KNOWN, names_in

KEEP_NAME = "Keep the name with request_name or response_name"
TYPES_OF_VALUES = SCALARS | WELL_KNOWN.keys()


def check(old: AppSpec, new: AppSpec, others: Iterable[str] = ()) -> None:
    """Raise ProtobufGenerationException, with a line for each break, if there is one.

    ``others`` are breaks that no ``AppSpec`` tells of.
    """
    lines = [f"  - {line}" for line in (*find(old, new), *others)]
    if lines:
        raise ProtobufGenerationException(
            "\n".join(
                [
                    f"These changes would break clients of the contract {old.package!r}:",
                    *lines,
                    "Change the services as each line says, or insist with "
                    "`generateproto --allow-breaking`.",
                ]
            )
        )


def is_compatible(old: FieldSpec, new: FieldSpec) -> bool:
    """Whether ``new`` can be sent as ``old`` is declared."""
    if _is_repeated(old) != _is_repeated(new):
        return False
    if new.enum is not None and old.enum is None and any(names_in(old.type)):
        return False  # a message that has the name of the enum
    return old.type == new.type or old.type in new.accepts


def find(old: AppSpec, new: AppSpec) -> Iterator[str]:
    """Yield each break with the way out, the services first."""
    if old.package != new.package:
        yield (
            f"package {old.package!r} becomes {new.package!r}, and every full name with it. "
            f"Give `--project` so that the package stays {old.package!r}."
        )
    yield from _services(old, new)
    yield from _messages(old, new)


def _services(old: AppSpec, new: AppSpec) -> Iterator[str]:
    services = {service.name: service for service in new.services}
    for service in old.services:
        if service.name not in services:
            yield f"service {service.name} is gone. Register a service of that name."
            continue
        rpcs = {rpc.name: rpc for rpc in services[service.name].rpcs}
        for rpc in service.rpcs:
            name = f"{service.name}.{rpc.name}"
            if rpc.name not in rpcs:
                yield f"{name} is gone. Keep the action, it may answer UNIMPLEMENTED."
            else:
                yield from _rpc(name, rpc, rpcs[rpc.name])


def _rpc(name: str, old: RpcSpec, new: RpcSpec) -> Iterator[str]:
    if old.request != new.request:
        yield f"{name} takes {new.request} instead of {old.request}. {KEEP_NAME}."
    if old.response != new.response:
        yield f"{name} returns {new.response} instead of {old.response}. {KEEP_NAME}."
    if old.request_stream != new.request_stream:
        yield f"{name}: request_stream becomes {new.request_stream}. Add another action."
    if old.response_stream != new.response_stream:
        yield f"{name}: response_stream becomes {new.response_stream}. Add another action."


def _messages(old: AppSpec, new: AppSpec) -> Iterator[str]:
    messages = {message.name: message for message in new.messages}
    for message in old.messages:
        if message.name not in messages:
            continue  # whatever carried it is a break, or a field that is gone and reserved
        fields = {field.name: field for field in messages[message.name].fields}
        for before in message.fields:
            after = fields.get(before.name)
            if after is not None and not is_compatible(before, after):
                yield (
                    f"{message.name}.{before.name} becomes {_text(after)} instead of "
                    f"{_text(before)}. Keep its type{_by(messages[message.name], before, after)}, "
                    "or give the new field another name."
                )
            elif after is not None and after.oneof and not before.oneof:
                yield (
                    f"{message.name}.{before.name} moves into the oneof {after.oneof}, and "
                    "clients may set it together with others. Keep it out, or give the new field "
                    "another name."
                )


def _by(message: MessageSpec, old: FieldSpec, new: FieldSpec) -> str:
    """How a serializer asks for the type of ``old``, if it can."""
    if message.serializer is None or _is_repeated(old) != _is_repeated(new):
        return ""
    if not {old.type, new.type} <= TYPES_OF_VALUES:
        return ""
    kept = {old.name: old.type}
    return f", by Meta.proto_types = {kept} in {message.serializer.__name__}"


def _text(field: FieldSpec) -> str:
    return f"repeated {field.type}" if _is_repeated(field) else field.type


def _is_repeated(field: FieldSpec) -> bool:
    return field.cardinality is FieldCardinality.REPEATED
