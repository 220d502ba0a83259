"""What a service declares about its RPCs, before and after it is known which service it is."""

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any, NotRequired, TypeAlias, TypedDict

from rest_framework.serializers import BaseSerializer

from django_socio_grpc.action_methods import check_bound, check_method
from django_socio_grpc.exceptions import ConfigurationError, ProtoRegistrationError
from django_socio_grpc.placeholders import (
    AttrPlaceholder,
    FnPlaceholder,
    LookupField,
    Placeholder,
    SelfSerializer,
    StrTemplatePlaceholder,
)
from django_socio_grpc.schema.model import FieldCardinality

__all__ = [
    "Action",
    "AttrPlaceholder",
    "FieldDict",
    "FnPlaceholder",
    "LookupField",
    "MessageSource",
    "PartialUpdate",
    "Placeholder",
    "SelfSerializer",
    "StrTemplatePlaceholder",
    "check_field_dict",
    "collect",
]

MARK = "grpc_action"
"""The attribute of a function, with its ``Action``, that the decorator of that name sets."""

REGISTRY_METHOD = "_dynamic_grpc_action_registry"
"""Returns more actions of a service: the arguments of ``grpc_action``, by the name of the rpc."""


class FieldDict(TypedDict):
    """One field of a message that an action declares in place.

    ``accepts`` are the types that an existing contract may have in place of ``type``.
    """

    name: str
    type: Any
    cardinality: NotRequired[FieldCardinality | str]
    comment: NotRequired[str | Sequence[str]]
    oneof: NotRequired[str]
    accepts: NotRequired[frozenset[str]]


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
    | type[Placeholder]
    | None
)
"""A list of fields, each a ``FieldDict``, a serializer class, the name of a message, or nothing
(``Empty``)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Action:
    """One RPC as ``grpc_action`` declares it, and, once resolved, without placeholders.

    It is compared by identity, for a signal's sender has to be hashable, and lists are not.
    """

    name: str = ""
    request: Any = None
    response: Any = None
    request_name: Any = None
    response_name: Any = None
    request_stream: Any = False
    response_stream: Any = False
    use_request_list: Any = False
    use_response_list: Any = False
    message_name_constructor_class: Any = None
    use_generation_plugins: Any = None
    override_default_generation_plugins: Any = False
    atomic: Any = None
    default_deadline: Any = None
    max_deadline: Any = None
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
            while _is_placeholder(value):  # its class stands for one without arguments
                value = (value() if isinstance(value, type) else value).resolve(service)
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


def _is_placeholder(value: Any) -> bool:
    return isinstance(value, Placeholder) or (
        isinstance(value, type) and issubclass(value, Placeholder)
    )


def collect(service: Any) -> Mapping[str, Action]:
    """Return the actions of ``service``, an instance, by name; placeholders are resolved.

    A method that overrides an action without the decorator keeps the action's messages.
    Its comment is the docstring of the method that is served.

    Raises:
        ConfigurationError: an action is declared twice, or in a way that none can be.
    """
    cls = type(service)
    dynamic = dict(_dynamic(service))
    found: dict[str, Action] = {}
    for name in sorted({*_decorated(cls), *chain.from_iterable(dynamic.values())}):
        declared = _declaration(cls, name, dynamic)
        if declared is not None:
            service.action = name  # for a ``get_serializer_class`` that decides by the action
            comment = inspect.cleandoc(getattr(cls, name).__doc__ or "")
            action = replace(declared, name=name, comment=comment).resolved(service)
            handler = inspect.getattr_static(cls, name)
            check_method(cls, name, handler, streams=bool(action.response_stream))
            found[name] = action
    return found


def _decorated(cls: type) -> Iterator[str]:
    """The names that may be an action's: of a few, ``_declaration`` looks at each class."""
    for base in cls.__mro__:
        for name, value in vars(base).items():
            if hasattr(value, MARK) or isinstance(value, staticmethod | classmethod):
                yield name


def _declaration(
    cls: type, name: str, dynamic: Mapping[type, Mapping[str, Action]]
) -> Action | None:
    for base in cls.__mro__:
        value = vars(base).get(name)
        check_bound(base, name, value, MARK)
        decorated = getattr(value, MARK, None)
        registered = dynamic.get(base, {}).get(name)
        if isinstance(decorated, Action):
            if registered is not None:
                raise ProtoRegistrationError(
                    f"{base.__name__}.{name} has the decorator @grpc_action, and is in what "
                    f"{REGISTRY_METHOD}() returns. Declare the rpc once."
                )
            return decorated
        if registered is not None:
            return registered
        if name in vars(base) and not callable(value):  # ``Destroy = None`` takes one away
            return None
    return None


def _dynamic(service: Any) -> Iterator[tuple[type, Mapping[str, Action]]]:
    """The actions that the classes of ``service`` register by code, by class."""
    cls = type(service)
    for base in cls.__mro__:
        method = vars(base).get(REGISTRY_METHOD)
        if method is None:
            continue
        registered = call_hook(method, cls, service)
        if not isinstance(registered, Mapping):
            raise ProtoRegistrationError(
                f"{base.__name__}.{REGISTRY_METHOD}() returns {registered!r:.100}. Return a dict "
                "of the arguments of grpc_action by the name of the rpc."
            )
        yield base, {name: _registered(cls, name, given) for name, given in registered.items()}


def call_hook(method: Any, cls: type, argument: Any) -> Any:
    """Call a hook of ``cls`` that gets ``argument`` alone, be it declared a classmethod or not."""
    if isinstance(method, classmethod):
        return method.__get__(None, cls)()
    function = method.__func__ if isinstance(method, staticmethod) else method
    return function(argument)


def _registered(cls: type, name: str, arguments: Any) -> Action:
    says = f"{cls.__name__}: {REGISTRY_METHOD}() has the rpc {name!r}"
    if not callable(getattr(cls, name, None)):
        raise ProtoRegistrationError(f"{says}, but there is no method of that name. Add it.")
    known = {item.name for item in fields(Action)} - {"name", "comment"}
    if not isinstance(arguments, Mapping):
        raise ProtoRegistrationError(f"{says}, with {arguments!r:.100}. Give a dict.")
    for argument in arguments:
        if argument not in known:
            close = difflib.get_close_matches(str(argument), known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ProtoRegistrationError(
                f"{says}, with {argument!r}, which is no argument of grpc_action.{hint}"
            )
    return Action(**arguments)


def check_field_dict(owner: str, value: Any) -> None:
    """Raise ConfigurationError if ``value`` is not a field that an action may declare."""
    if not isinstance(value, Mapping) or not {"name", "type"} <= value.keys():
        raise ConfigurationError(
            f"{owner}: {value!r} is not a field. Give a dict with 'name' and 'type', "
            "for example {'name': 'id', 'type': 'int32'}."
        )
