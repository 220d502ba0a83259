"""Service classes -> ``AppSpec``: what their actions say, as the contract of their app."""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from django_socio_grpc.actions import Action, collect
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.protobuf.drafts import Draft
from django_socio_grpc.protobuf.plugins import (
    message_names,
    name_constructor,
    plugins_of,
    transformed,
)
from django_socio_grpc.schema.messages import Messages
from django_socio_grpc.schema.model import AppSpec, MessageSpec, RpcSpec, ServiceSpec, Side
from django_socio_grpc.schema.names import is_identifier


def app_spec(app_label: str, service_classes: Iterable[type], *, package: str = "") -> AppSpec:
    """Return the contract of the services of one app. Its fields have no numbers yet.

    ``package`` is the app's label unless it is given.

    Raises:
        ConfigurationError: a service, an action or a serializer cannot be put in a contract.
    """
    messages = Messages()
    classes: dict[str, type] = {}
    services = []
    for cls in service_classes:
        service = _service(cls(), messages)
        other = classes.setdefault(service.name, cls)
        if other is not cls:
            raise ConfigurationError(
                f"{cls.__qualname__} and {other.__qualname__} are both the service "
                f"{service.name} of the app {app_label!r}. Set service_name in one of them, or "
                "register one."
            )
        services.append(service)
    _check(services, messages)
    return AppSpec(
        package=package or app_label,
        services=tuple(services),
        messages=tuple(messages.specs.values()),
    )


def service_spec(service: Any) -> tuple[ServiceSpec, tuple[MessageSpec, ...]]:
    """Return what ``service``, an instance, declares, and its messages, without numbers."""
    messages = Messages()
    return _service(service, messages), tuple(messages.specs.values())


def _service(service: Any, messages: Messages) -> ServiceSpec:
    name = service.get_controller_name()
    if not is_identifier(name):
        raise ConfigurationError(
            f"{type(service).__name__} is {name!r} on the wire, which no service can be. Set "
            "service_name to ASCII letters, digits and underscores, the first no digit."
        )
    return ServiceSpec(
        name=name,
        rpcs=tuple(_rpc(service, action, messages) for action in collect(service).values()),
        comment=inspect.cleandoc(type(service).__doc__ or ""),
    )


def _rpc(service: Any, action: Action, messages: Messages) -> RpcSpec:
    owner = f"{type(service).__name__}.{action.name}"
    if not is_identifier(action.name):
        raise ConfigurationError(
            f"{owner} cannot be the name of an rpc. Use ASCII letters, digits and underscores."
        )
    constructor = name_constructor(owner, service, action)
    drafts = [
        Draft(owner, Side.REQUEST, action.request, action.request_name, constructor),
        Draft(owner, Side.RESPONSE, action.response, action.response_name, constructor),
    ]
    request, response = map(Draft.message, drafts, message_names(owner, constructor))
    plugins = plugins_of(owner, action)
    pair = transformed(owner, plugins, service, (request, response), constructor)
    request_name, response_name = (
        draft.add_to(messages, message) for draft, message in zip(drafts, pair, strict=True)
    )
    return RpcSpec(
        name=action.name,
        request=request_name,
        response=response_name,
        request_stream=bool(action.request_stream),
        response_stream=bool(action.response_stream),
        comment=action.comment,
    )


def _check(services: Sequence[ServiceSpec], messages: Messages) -> None:
    messages.check_references()
    for service in services:
        for rpc in service.rpcs:
            messages.check_type(f"The request of {service.name}.{rpc.name}", rpc.request)
            messages.check_type(f"The response of {service.name}.{rpc.name}", rpc.response)
