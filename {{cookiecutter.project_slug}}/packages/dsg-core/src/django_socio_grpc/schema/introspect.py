"""Service classes -> ``AppSpec``: what their actions say, as the contract of their app."""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework.serializers import BaseSerializer

from django_socio_grpc.actions import Action, PartialUpdate, collect
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema import names
from django_socio_grpc.schema.fields import declared_field
from django_socio_grpc.schema.messages import Messages
from django_socio_grpc.schema.model import (
    EMPTY,
    AppSpec,
    FieldCardinality,
    FieldSpec,
    MessageSpec,
    RpcSpec,
    ServiceSpec,
    Side,
)

RESULTS = "results"
COUNT = FieldSpec(name="count", type="int32", comment="How many there are on all pages.")


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
    return ServiceSpec(
        name=service.get_controller_name(),
        rpcs=tuple(_rpc(service, action, messages) for action in collect(service).values()),
        comment=inspect.cleandoc(type(service).__doc__ or ""),
    )


def _rpc(service: Any, action: Action, messages: Messages) -> RpcSpec:
    request = _Side(service, action.name, Side.REQUEST, messages)
    response = _Side(service, action.name, Side.RESPONSE, messages)
    return RpcSpec(
        name=action.name,
        request=request.message(action.request, action.request_name, action.use_request_list),
        response=response.message(action.response, action.response_name, action.use_response_list),
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


class _Side:
    """The request or the response of one action, whose message it adds to the others."""

    def __init__(self, service: Any, action: str, side: Side, messages: Messages) -> None:
        self.service = service
        self.side = side
        self.messages = messages
        self.owner = f"{type(service).__name__}.{action}"
        self.default_name = names.action_message(service.get_service_name(), action, side)

    def message(self, source: Any, name: str | None, as_list: bool) -> str:
        """Return the name of the message for what the action declares."""
        return self._list(source, name or "") if as_list else self._single(source, name or "")

    def _single(self, source: Any, name: str) -> str:
        match source:
            case str() if source:
                return source
            case PartialUpdate(serializer=cls):
                return self.messages.add_serializer(
                    self.owner,
                    cls(),
                    self.side,
                    name=name or names.partial_update_message(cls),
                    partial_update=True,
                )
            case type() if issubclass(source, BaseSerializer):
                return self.messages.add_serializer(self.owner, source(), self.side, name=name)
            case None | Sequence():
                return self._declared(source or (), name)
        raise ConfigurationError(
            f"{self.owner}: the {self.side.lower()} is {source!r}. Give a list of fields, a "
            "serializer class, the name of a message, or nothing."
        )

    def _declared(self, declared: Sequence[Any], name: str) -> str:
        if not declared and not name:
            return EMPTY

        def nest(serializer: BaseSerializer[Any], name: str = "") -> str:
            return self.messages.add_serializer(self.owner, serializer, self.side, name=name)

        fields = tuple(declared_field(self.owner, value, nest) for value in declared)
        spec = MessageSpec(name=name or self.default_name, fields=fields, side=self.side)
        twice = [field for field in fields if [f.name for f in fields].count(field.name) > 1]
        if twice:
            raise ConfigurationError(
                f"{self.owner}: {spec.name} has two fields {twice[0].name!r}. Rename one."
            )
        return self.messages.add(self.owner, spec)

    def _list(self, source: Any, name: str) -> str:
        """Add the message of an element and that of the list, and return the list's name."""
        if not source:
            raise ConfigurationError(
                f"{self.owner}: the {self.side.lower()} is a list of nothing. Say of what, or "
                "leave use_request_list and use_response_list out."
            )
        cls = source if isinstance(source, type) else None
        if not name and isinstance(source, Sequence) and not isinstance(source, str):
            name = self.default_name
        named_list = name if names.is_list(name, self.side) else ""
        if named_list:
            name = "" if cls else names.without_list(named_list, self.side)
        element = self._single(source, name)
        of = self.default_name if "." in element else element
        results = FieldSpec(
            name=getattr(getattr(cls, "Meta", None), "message_list_attr", RESULTS),
            type=element,
            cardinality=FieldCardinality.REPEATED,
        )
        paginated = getattr(self.service, "pagination_class", None) is not None
        return self.messages.add(
            self.owner,
            MessageSpec(
                name=named_list or names.with_list(of, self.side),
                fields=(results, COUNT) if paginated else (results,),
                serializers=() if cls is None else (cls,),
                many=True,
                side=self.side if cls is None else names.serializer_side(self.side),
            ),
        )
