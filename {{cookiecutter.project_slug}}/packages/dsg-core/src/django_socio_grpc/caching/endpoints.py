"""The decorators that keep the replies of an action."""

from collections.abc import Callable, Iterable
from functools import cache as memoized
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal
from django.views.decorators.vary import vary_on_headers

from django_socio_grpc.actions import Action
from django_socio_grpc.caching.groups import Group, model_of
from django_socio_grpc.caching.replies import NOWHERE, Replies
from django_socio_grpc.concurrency import blocking, is_async, sync_twin
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.http_to_grpc import http_to_grpc
from django_socio_grpc.unary_decorators import Handler, add_hook, wrap

F = TypeVar("F", bound=Callable[..., Any])

REPLIES = "cached_replies"
VARY = "varies_on_metadata"


def cache_endpoint(
    timeout: float | None, *, cache: str | None = None, key_prefix: str | None = None
) -> Callable[[F], F]:
    """Keep the replies of an action for ``timeout`` seconds.

    The arguments are those of Django's ``cache_page``: ``cache`` is an alias in ``CACHES``.

        @grpc_action(request=[], response=ReportProtoSerializer)
        @cache_endpoint(300)
        async def Report(self, request, context): ...
    """

    def decorate(function: F) -> F:
        replies = Replies(
            function=_name(function), timeout=timeout, alias=cache, prefix=key_prefix
        )
        return _keeping(function, "cache_endpoint", replies)

    return decorate


def cache_endpoint_with_deleter(
    timeout: float | None,
    key_prefix: str = "",
    senders: Iterable[Any] | Any = None,
    cache: str | None = None,
    invalidator_signals: Iterable[Signal] = (post_save, post_delete),
) -> Callable[[F], F]:
    """Keep the replies of an action until one of ``senders`` changes, ``timeout`` seconds at most.

    ``senders`` are models, one or several; by default the service's. Any of
    ``invalidator_signals`` from one of them ends the replies with ``key_prefix``, by default
    ``<Service>-<Action>``. Actions that give the same prefix end together.
    """

    def decorate(function: F) -> F:
        @memoized
        def group(service_class: type) -> Group:
            prefix = key_prefix or f"{service_class.__name__}-{function.__name__}"
            return Group(prefix=prefix, alias=cache or settings.CACHE_MIDDLEWARE_ALIAS)

        def listen(service_class: type, action: Action) -> None:
            models = model_of(service_class) if senders is None else senders
            if not isinstance(models, Iterable) or isinstance(models, str):
                models = [models]
            group(service_class).end_when(invalidator_signals, models)

        replies = Replies(function=_name(function), timeout=timeout, alias=cache, group=group)
        made = _keeping(function, "cache_endpoint_with_deleter", replies)
        add_hook(made, listen)
        return made

    return decorate


def vary_on_metadata(*names: str) -> Callable[[F], F]:
    """Keep one reply of an action for each value of the metadata ``names``.

    It stands beside ``cache_endpoint``, above or below it, as Django's ``vary_on_headers``:

        @cache_endpoint(300)
        @vary_on_metadata("x-tenant")
        def List(self, request, context): ...
    """
    lower = tuple(name.lower() for name in names)

    def decorate(function: F) -> F:
        # The decorator of a sync handler's async twin is better sync, as it is then one.
        support_async = is_async(function) and sync_twin(function) is None
        made = http_to_grpc(vary_on_headers(*names), support_async=support_async)(function)
        setattr(made, VARY, (*getattr(function, VARY, ()), *lower))
        for replies in getattr(function, REPLIES, ()):
            replies.vary = (*replies.vary, *lower)
        return made

    return decorate


def _keeping(function: F, decorator: str, replies: Replies) -> F:
    replies.vary = getattr(function, VARY, ())

    def make(handler: Handler) -> Handler:
        @wraps(handler)
        def keep(self: Any, request: Any, context: Context) -> Any:
            place = replies.find(self, request, context)
            if place.reply is not None:
                return place.reply
            reply = handler(self, request, context)
            replies.keep(place, reply, context)
            return reply

        @wraps(handler)
        async def akeep(self: Any, request: Any, context: Context) -> Any:
            place = await blocking(replies.find, self, request, context)
            if place.reply is not None:
                return place.reply
            reply = await handler(self, request, context)
            if place is not NOWHERE:
                await blocking(replies.keep, place, reply, context)
            return reply

        return akeep if is_async(handler) else keep

    def check(service_class: type, action: Action) -> None:
        if replies.alias is not None and replies.alias not in settings.CACHES:
            raise ConfigurationError(
                f"@{decorator} of {service_class.__name__}.{action.name} names the cache "
                f"{replies.alias!r}, and CACHES has: {', '.join(settings.CACHES)}. Add it there."
            )

    made = wrap(function, decorator, make)
    add_hook(made, check)
    setattr(made, REPLIES, (*getattr(function, REPLIES, ()), replies))
    return made


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
