"""What a call needs to know, decided once, when a service is registered."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from inspect import getattr_static, isasyncgenfunction, isgeneratorfunction
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from django_socio_grpc import current
from django_socio_grpc.actions import Action
from django_socio_grpc.atomic import atomic_databases
from django_socio_grpc.calls.hooks import (
    Hooks,
    Step,
    after_action,
    before_action,
    check_policies,
    install_hooks,
    overridden_hooks,
)
from django_socio_grpc.codec import NO_ANSWERS, call_messages
from django_socio_grpc.concurrency import is_async, sync_twin
from django_socio_grpc.context import Context
from django_socio_grpc.database import stops_queries
from django_socio_grpc.deadlines import Deadlines, deadlines_of
from django_socio_grpc.exceptions import Abort
from django_socio_grpc.middlewares.around import Manager
from django_socio_grpc.middlewares.chain import arrange
from django_socio_grpc.request import CallRequest
from django_socio_grpc.service import Service
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.unary_decorators import prepare

Decode = Callable[[Any], Any]
Encode = Callable[[Any], Any]
_NOTHING: AbstractContextManager[Any] = nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """One RPC of one service. It knows no transport and no server.

    ``handler(service, request, context)`` is sync unless ``is_async``; ``yields`` tells whether
    it is a generator. ``decode`` turns what came over the wire into a request, ``encode`` a reply
    into what goes over it. ``before(service)`` and ``after(service)`` run before and after the
    handler, are of its colour, and are None where there is nothing to do. A call is a
    transaction in each of the databases ``atomic``, and has the time that ``deadlines`` leave it.
    ``stops_queries`` tells that its end cancels the query of a sync handler's thread.
    ``around`` makes one context manager of the middlewares that are such, and ``chain`` is made of
    those within them, from the first that is none (``arrange``). ``answers`` are the messages
    that stand for serializers in it.
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
    before: Step | None
    after: Step | None
    hooks: Hooks
    atomic: tuple[str, ...]
    deadlines: Deadlines
    stops_queries: bool
    around: Manager
    chain: Callable[[CallRequest], Any] | None
    answers: Mapping[tuple[type, bool], type[Message]]

    def service(self, request: Any, context: Context) -> Service:
        """A new instance of the service, for one call."""
        if call_messages.get() is not self.answers:
            call_messages.set(self.answers)
        service = self.service_class(**self.initkwargs)
        service.request, service.context, service.action = request, context, self.name
        context.grpc_request = request
        if self.hooks:
            install_hooks(service, self.hooks)
        current.enter(service)
        return service


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
    prepare(service_class, action)
    declared = getattr_static(service_class, action.name)
    handler = sync_twin(declared) or declared
    awaited = is_async(handler)
    service = service_class(**(initkwargs or {}))
    check_policies(service)
    arrangement = arrange(tuple(grpc_settings.GRPC_MIDDLEWARE), awaited)
    decode: Decode = _as_it_is
    encode: Encode = _as_it_is
    if method is not None:
        decode = decoder(GetMessageClass(method.input_type))
        encode = _encoder(
            GetMessageClass(method.output_type), f"{service_class.__name__}.{action.name}"
        )
    return CallPlan(
        service_class=service_class,
        initkwargs=dict(initkwargs or {}),
        name=action.name,
        handler=handler,
        is_async=awaited,
        yields=isgeneratorfunction(handler) or isasyncgenfunction(handler),
        request_stream=bool(action.request_stream),
        response_stream=bool(action.response_stream),
        decode=decode,
        encode=encode,
        before=before_action(service, awaited=awaited),
        after=after_action(service, awaited=awaited),
        hooks=overridden_hooks(service_class),
        atomic=atomic_databases(service, action, is_async=awaited),
        deadlines=deadlines_of(service, action),
        stops_queries=not awaited and stops_queries(),
        around=arrangement.outer or _nothing,
        chain=arrangement.chain,
        answers=answers or NO_ANSWERS,
    )


def _nothing(context: Context) -> AbstractContextManager[Any]:
    return _NOTHING


def _as_it_is(message: Any) -> Any:
    return message


def decoder(message_class: type[Message]) -> Decode:
    """Return what makes a request of bytes; of those that are none it makes the end of a call."""
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
