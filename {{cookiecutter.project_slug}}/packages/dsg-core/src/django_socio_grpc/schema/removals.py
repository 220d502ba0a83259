"""What of an existing contract the new one no longer has."""

from collections.abc import Iterator

from django_socio_grpc.schema.model import AppSpec, MessageSpec


def find(old: AppSpec, new: AppSpec) -> Iterator[str]:
    """Yield a line for each service, rpc, message, field and enum that is gone."""
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
    enums = {enum.name for enum in new.enums}
    yield from (f"enum {enum.name} is removed." for enum in old.enums if enum.name not in enums)


def _fields(old: MessageSpec, new: MessageSpec) -> Iterator[str]:
    names = {field.name for field in new.fields}
    for field in old.fields:
        if field.name in names:
            continue
        line = f"{old.name}.{field.name} ({field.number}) is removed"
        reserved = any(field.number in numbers for numbers in new.reserved_numbers)
        yield f"{line}: its number and name stay reserved." if reserved else f"{line}."
