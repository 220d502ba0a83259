"""What a service declares about its RPCs, before and after it is known which service it is."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NotRequired, TypeAlias, TypedDict

from rest_framework.serializers import BaseSerializer

from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.model import FieldCardinality


class FieldDict(TypedDict):
    """One field of a message that an action declares in place."""

    name: str
    type: Any
    cardinality: NotRequired[FieldCardinality | str]
    comment: NotRequired[str]


class Placeholder:
    """A value that depends on the service: ``resolve`` gets the service class's instance."""

    def resolve(self, service: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.resolve(service) must return a value.")


class AttrPlaceholder(Placeholder):
    """The value of an attribute of the service."""

    def __init__(self, name: str) -> None:
        self.name = name

    def resolve(self, service: Any) -> Any:
        return getattr(service, self.name)


class FnPlaceholder(Placeholder):
    """What a function of the service returns."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def resolve(self, service: Any) -> Any:
        return self.function(service)


class StrTemplatePlaceholder(Placeholder):
    """``template.format(*values)``; a value is an attribute's name or a function of the service.

    >>> StrTemplatePlaceholder("{}ListRequest", "service_name")
    """

    def __init__(self, template: str, *values: str | Callable[[Any], Any]) -> None:
        self.template = template
        self.values = values

    def resolve(self, service: Any) -> str:
        return self.template.format(
            *(v(service) if callable(v) else getattr(service, v) for v in self.values)
        )


class SelfSerializer(Placeholder):
    """The service's own serializer class."""

    def resolve(self, service: Any) -> Any:
        return service.get_serializer_class()


class LookupField(Placeholder):
    """The one field by which the service looks an object up, with the type of its column."""

    def resolve(self, service: Any) -> Sequence[FieldDict]:
        return service.get_lookup_fields()  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialUpdate:
    """A request with what ``serializer`` can write, and the names of the fields to update."""

    serializer: type[BaseSerializer[Any]]


MessageSource: TypeAlias = (
    Sequence[Mapping[str, Any]]
    | type[BaseSerializer[Any]]
    | PartialUpdate
    | str
    | Placeholder
    | None
)
"""A list of fields, each a ``FieldDict``, a serializer class, the name of a message, or nothing
(``Empty``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One RPC as ``grpc_action`` declares it, and, once resolved, without placeholders."""

    name: str = ""
    request: Any = None
    response: Any = None
    request_name: Any = None
    response_name: Any = None
    request_stream: Any = False
    response_stream: Any = False
    use_request_list: Any = False
    use_response_list: Any = False
    comment: str = ""

    def resolved(self, service: Any) -> "Action":
        """The action with each placeholder replaced by its value for ``service``.

        Raises:
            ConfigurationError: a value needs what only a call has.
        """
        return replace(
            self, **{item.name: self._value(item.name, service) for item in fields(self)}
        )

    def _value(self, name: str, service: Any) -> Any:
        value = getattr(self, name)
        try:
            while isinstance(value, Placeholder):
                value = value.resolve(service)
        except ConfigurationError:
            raise
        except Exception as exc:  # whatever the code of a service raises without a call
            raise ConfigurationError(
                f"{type(service).__name__}.{self.name}: its {name} must be known before any call, "
                f"but that raised {type(exc).__name__}: {exc}. There is no context, request or "
                "user yet: decide by self.action, which is set, or give the serializer in "
                "@grpc_action."
            ) from exc
        return value


def collect(service: Any) -> Mapping[str, Action]:
    """Return the actions of ``service``, an instance, by name; placeholders are resolved.

    A method that overrides an action without the decorator keeps the action's messages.
    Its comment is the docstring of the method that is served.
    """
    cls = type(service)
    found: dict[str, Action] = {}
    for name in dir(cls):
        declared = _declaration(cls, name)
        if declared is not None:
            service.action = name  # for a ``get_serializer_class`` that decides by the action
            comment = inspect.cleandoc(getattr(cls, name).__doc__ or "")
            found[name] = replace(declared, name=name, comment=comment).resolved(service)
    return found


def _declaration(cls: type, name: str) -> Action | None:
    for base in cls.__mro__:
        if name not in vars(base):
            continue
        value = vars(base)[name]
        action = getattr(value, "grpc_action", None)
        if isinstance(action, Action):
            return action
        if not callable(value):  # ``Destroy = None`` takes an inherited action away
            return None
    return None


def check_field_dict(owner: str, value: Any) -> None:
    """Raise ConfigurationError if ``value`` is not a field that an action may declare."""
    if not isinstance(value, Mapping) or not {"name", "type"} <= value.keys():
        raise ConfigurationError(
            f"{owner}: {value!r} is not a field. Give a dict with 'name' and 'type', "
            "for example {'name': 'id', 'type': 'int32'}."
        )
