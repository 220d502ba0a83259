"""What decides on the messages of one action: its name constructor and its plugins."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.utils.module_loading import import_string

from django_socio_grpc.actions import Action
from django_socio_grpc.exceptions import ConfigurationError, ProtoRegistrationError
from django_socio_grpc.protobuf.generation_plugin.base import BaseGenerationPlugin
from django_socio_grpc.protobuf.generation_plugin.lists import ListGenerationPlugin
from django_socio_grpc.protobuf.message_name_constructor import MessageNameConstructor
from django_socio_grpc.protobuf.proto_classes import ProtoMessage
from django_socio_grpc.settings import grpc_settings

T = TypeVar("T")
Pair = tuple[ProtoMessage, ProtoMessage]

DEFAULT_PLUGINS = "DEFAULT_GENERATION_PLUGINS"
DEFAULT_CONSTRUCTOR = "DEFAULT_MESSAGE_NAME_CONSTRUCTOR"


def name_constructor(owner: str, service: Any, action: Action) -> MessageNameConstructor:
    """Return what names the messages of ``action``.

    Raises:
        ProtoRegistrationError: it is no MessageNameConstructor, or cannot be made.
    """
    given = action.message_name_constructor_class
    setting = f"GRPC_FRAMEWORK[{DEFAULT_CONSTRUCTOR!r}]"
    option = "message_name_constructor_class" if given else setting
    cls = _imported(owner, given or getattr(grpc_settings, DEFAULT_CONSTRUCTOR))
    if not (isinstance(cls, type) and issubclass(cls, MessageNameConstructor)):
        raise ProtoRegistrationError(
            f"{owner}: {option} is {cls!r}. Give a subclass of MessageNameConstructor."
        )
    return _carried_out(
        f"{owner}: {cls.__name__}",
        cls,
        action_name=action.name,
        service=service,
        action_request=action.request,
        request_name=action.request_name,
        action_response=action.response,
        response_name=action.response_name,
    )


def plugins_of(owner: str, action: Action) -> Sequence[BaseGenerationPlugin]:
    """Return the plugins for ``action``: the default ones, then its own, then its lists.

    Raises:
        ProtoRegistrationError: one of them is no plugin.
    """
    plugins = _plugins(f"{owner}: use_generation_plugins", action.use_generation_plugins or ())
    if not action.override_default_generation_plugins:
        setting = f"{owner}: GRPC_FRAMEWORK[{DEFAULT_PLUGINS!r}]"
        plugins = _plugins(setting, grpc_settings.DEFAULT_GENERATION_PLUGINS) + plugins
    if action.use_request_list or action.use_response_list:
        plugins.append(
            ListGenerationPlugin(
                request=bool(action.use_request_list), response=bool(action.use_response_list)
            )
        )
    return plugins


def message_names(owner: str, constructor: MessageNameConstructor) -> tuple[str, str]:
    """Return the names of the request and of the response."""
    says = f"{owner}: {type(constructor).__name__}"
    return (
        _carried_out(says, constructor.construct_request_name),
        _carried_out(says, constructor.construct_response_name),
    )


def transformed(
    owner: str,
    plugins: Iterable[BaseGenerationPlugin],
    service: Any,
    pair: Pair,
    constructor: MessageNameConstructor,
) -> Pair:
    """Return the request and the response as the plugins make them, one after the other.

    Raises:
        ProtoRegistrationError: a plugin fails, or gives something else.
    """
    for plugin in plugins:
        says = f"{owner}: {type(plugin).__name__}"
        result = _carried_out(
            says, plugin.run_validation_and_transform, service, *pair, constructor
        )
        match result:
            case (ProtoMessage(), ProtoMessage()):
                pair = result
            case _:
                raise ProtoRegistrationError(
                    f"{says} gives {result!r:.200} instead of the request and the response. "
                    "Return the ProtoMessage in each transform method."
                )
    return pair


def _plugins(says: str, values: Any) -> list[BaseGenerationPlugin]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise ProtoRegistrationError(f"{says} is {values!r}. Give a list of plugins.")
    return [_plugin(says, value) for value in values]


def _plugin(says: str, value: Any) -> BaseGenerationPlugin:
    found = _imported(says, value)
    if isinstance(found, type) and issubclass(found, BaseGenerationPlugin):
        found = _carried_out(f"{says}: {found.__name__}", found)
    if not isinstance(found, BaseGenerationPlugin):
        raise ProtoRegistrationError(
            f"{says} holds {value!r}, which is no plugin. Give an instance of a subclass of "
            "BaseGenerationPlugin, such a class, or its dotted path."
        )
    return found


def _imported(says: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return import_string(value)
    except ImportError as exc:
        raise ProtoRegistrationError(f"{says} names {value!r}: {exc}.") from exc


def _carried_out(says: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call code of a user's, whose errors are told as those of the action that it is for."""
    try:
        return function(*args, **kwargs)
    except ConfigurationError as exc:
        raise ProtoRegistrationError(f"{says}: {exc}") from exc
    except Exception as exc:
        raise ProtoRegistrationError(f"{says} raised {type(exc).__name__}: {exc}") from exc
