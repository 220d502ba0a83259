"""What of an existing contract the new one no longer has."""

from collections.abc import Iterator

from django_socio_grpc.schema.model import AppSpec, EnumSpec, MessageSpec


def find(old: AppSpec, new: AppSpec) -> Iterator[str]:
    """Yield a line for each service, rpc, message, field, enum and value that is gone."""
    services = {service.name: service for service in new.services}
    for service in old.services:
        if service.name not in services:
            yield f"service {service.name} is removed."
            continue
        rpcs = {rpc.name for rpc in services[service.name].rpcs}
        yield from (
            f"rpc {service.name}.{rpc.name} is removed."
            for rpc in service.rpcs
            if rpc.name not in rpcs
        )
    messages = {message.name: message for message in new.messages}
    for message in old.messages:
        if message.name in messages:
            yield from _fields(message, messages[message.name])
        else:
            yield f"message {message.name} is removed."
    enums = {enum.name: enum for enum in new.enums}
    for enum in old.enums:
        if enum.name in enums:
            yield from _values(enum, enums[enum.name])
        else:
            yield f"enum {enum.name} is removed."


def _fields(old: MessageSpec, new: MessageSpec) -> Iterator[str]:
    names = {field.name for field in new.fields}
    for field in old.fields:
        if field.name in names:
            continue
        line = f"{old.name}.{field.name} ({field.number}) is removed"
        reserved = any(field.number in numbers for numbers in new.reserved_numbers)
        yield f"{line}: its number and name stay reserved." if reserved else f"{line}."


def _values(old: EnumSpec, new: EnumSpec) -> Iterator[str]:
    keys = {value.key for value in new.values}
    for value in old.values:
        if value.key not in keys:
            yield (
                f"{old.name}.{value.key} ({value.number}) is removed: its number and name stay "
                "reserved."
            )
