"""What a call needs to know, decided once, when a service is registered."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import getattr_static, isasyncgenfunction, isgeneratorfunction
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from django_socio_grpc.actions import Action
from django_socio_grpc.codec import call_messages
from django_socio_grpc.concurrency import await_from_thread, is_async, sync_twin
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import Abort, ConfigurationError
from django_socio_grpc.service import Service
from django_socio_grpc.settings import grpc_settings

ASYNC_HOOKS = {
    "get_object": "aget_object",
    "filter_queryset": "afilter_queryset",
    "get_serializer": "aget_serializer",
    "check_object_permissions": "acheck_object_permissions",
    "perform_create": "aperform_create",
    "perform_update": "aperform_update",
    "perform_partial_update": "aperform_partial_update",
    "perform_destroy": "aperform_destroy",
}
"""Sync steps of a call and the async hooks that a service may override in their stead."""

POLICIES = (
    "before_action",
    "perform_authentication",
    "resolve_user",
    "check_permissions",
    "get_authenticators",
    "get_permissions",
)

Decode = Callable[[Any], Any]
Encode = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """One RPC of one service. It knows no transport and no server.

    ``handler(service, request, context)`` is sync unless ``is_async``; ``yields`` tells whether
    it is a generator. ``decode`` turns what came over the wire into a request, ``encode`` a reply
    into what goes over it. ``admits`` and ``concludes`` tell whether there is anything to do
    before and after the handler. ``answers`` are the messages that stand for serializers in it.
    """

    service_class: type[Service]
    initkwargs: Mapping[str, Any]
    name: str
    handler: Callable[..., Any]
    is_async: bool
    yields: bool
    request_stream: bool
    response_stream: bool
    decode: Decode
    encode: Encode
    admits: bool
    concludes: bool
    hooks: tuple[tuple[str, Callable[..., Any]], ...]
    middlewares: tuple[Callable[[Context], AbstractContextManager[None]], ...]
    answers: Mapping[tuple[type, bool], type[Message]]

    def service(self, request: Any, context: Context) -> Service:
        """A new instance of the service, for one call."""
        call_messages.set(self.answers)
        service = self.service_class(**self.initkwargs)
        service.request, service.context, service.action = request, context, self.name
        for name, hook in self.hooks:
            setattr(service, name, partial(_await_hook, name, hook, service))
        return service

    @contextmanager
    def around(self, context: Context) -> Iterator[None]:
        """All middlewares as one context manager. Each sees the errors of those within it."""
        ended_well = False
        with ExitStack() as stack:
            for middleware in self.middlewares:
                stack.enter_context(middleware(context))
            try:
                yield
            except (SystemExit, KeyboardInterrupt) as exc:
                raise RuntimeError(
                    f"{context.path} raised {exc!r}, which is to end a process, not a call."
                ) from exc
            ended_well = True
        if not ended_well:
            raise RuntimeError(
                f"A middleware around {context.path} has swallowed the error, and there is no "
                "answer in its place. Raise the error, or another."
            )


def plan_action(
    service_class: type[Service],
    action: Action,
    method: MethodDescriptor | None = None,
    initkwargs: Mapping[str, Any] | None = None,
    answers: Mapping[tuple[type, bool], type[Message]] | None = None,
) -> CallPlan:
    """Return the plan of ``action``.

    With ``method``, the rpc of the generated contract, the plan takes and gives bytes; without
    it, messages.
    """
    declared = getattr_static(service_class, action.name)
    handler = sync_twin(declared) or declared
    decode: Decode = _as_it_is
    encode: Encode = _as_it_is
    if method is not None:
        decode = _decoder(GetMessageClass(method.input_type))
        encode = _encoder(
            GetMessageClass(method.output_type), f"{service_class.__name__}.{action.name}"
        )
    return CallPlan(
        service_class=service_class,
        initkwargs=dict(initkwargs or {}),
        name=action.name,
        handler=handler,
        is_async=is_async(handler),
        yields=isgeneratorfunction(handler) or isasyncgenfunction(handler),
        request_stream=bool(action.request_stream),
        response_stream=bool(action.response_stream),
        decode=decode,
        encode=encode,
        admits=_admits(service_class),
        concludes=service_class.after_action is not Service.after_action,
        hooks=_overridden_hooks(service_class),
        middlewares=tuple(grpc_settings.GRPC_MIDDLEWARE),
        answers=answers or {},
    )


def _admits(service_class: type[Service]) -> bool:
    if service_class.authentication_classes or service_class.permission_classes:
        return True
    return any(getattr(service_class, name) is not getattr(Service, name) for name in POLICIES)


def _overridden_hooks(cls: type[Service]) -> tuple[tuple[str, Callable[..., Any]], ...]:
    for name, async_name in ASYNC_HOOKS.items():
        if (hook := getattr(cls, name, None)) is not None and is_async(hook):
            raise ConfigurationError(
                f"{cls.__name__}.{name} is async, and nobody would await it. Call the method "
                f"{async_name!r}, or make it sync."
            )
    return tuple(
        (name, hook)
        for name, async_name in ASYNC_HOOKS.items()
        if (hook := getattr(cls, async_name, None)) is not None and sync_twin(hook) is None
    )


def _await_hook(
    name: str, hook: Callable[..., Any], service: Service, *args: Any, **kwargs: Any
) -> Any:
    # While the hook runs, ``name`` is the sync method again: the hook may want to call it.
    bridge = service.__dict__.pop(name)
    try:
        return await_from_thread(hook(service, *args, **kwargs))
    finally:
        setattr(service, name, bridge)


def _as_it_is(message: Any) -> Any:
    return message


def _decoder(message_class: type[Message]) -> Decode:
    parse = message_class.FromString
    details = f"The request is not a valid {message_class.DESCRIPTOR.full_name}."

    def decode(data: bytes) -> Message:
        try:
            return parse(data)
        except DecodeError:
            raise Abort(StatusCode.INTERNAL, details) from None

    return decode


def _encoder(message_class: type[Message], owner: str) -> Encode:
    name = message_class.DESCRIPTOR.full_name

    def encode(reply: Any) -> bytes:
        # The second test is for a class that another descriptor pool made of the same message.
        if reply.__class__ is message_class or (
            isinstance(reply, Message) and reply.DESCRIPTOR.full_name == name
        ):
            return reply.SerializeToString()
        raise TypeError(f"{owner} must answer with a {name}, not with {reply!r:.100}.")

    return encode
