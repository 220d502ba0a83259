"""The steps and hooks of a service, in either colour, as its handlers' colour needs them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from inspect import getattr_static
from typing import Any

from django_socio_grpc.base_service import BaseService
from django_socio_grpc.calls.recalled import Recall, recall
from django_socio_grpc.concurrency import (
    await_from_thread,
    blocking,
    is_async,
    on_loop,
    settled,
    sync_twin,
)
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.service import DefaultFrom, Service
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.steps import sync_code
from django_socio_grpc.throttling import check_rates

ASYNC_HOOKS = {
    "get_queryset": "aget_queryset",
    "get_object": "aget_object",
    "filter_queryset": "afilter_queryset",
    "paginate_queryset": "apaginate_queryset",
    "get_serializer": "aget_serializer",
    "check_object_permissions": "acheck_object_permissions",
    "perform_create": "aperform_create",
    "perform_update": "aperform_update",
    "perform_partial_update": "aperform_partial_update",
    "perform_destroy": "aperform_destroy",
}
"""Sync hooks of a call and the async ones that a service may override in their stead."""

HELPERS = {
    name: f"a{name}"
    for name in (
        "get_user",
        "require_user",
        "require_staff",
        "require_superuser",
        "check_permission",
        "require_permission",
    )
}
"""The same of a ``BaseService``, whose handlers call them: one that goes unawaited lets all in."""

SYNC_ONLY = (
    "get_authenticators",
    "get_permissions",
    "get_throttles",
    "permission_denied",
    "get_log_extra_context",
    "get_serializer_class",
    "get_serializer_context",
)
"""Hooks without an async one."""

POLICIES = {
    "perform_authentication": ("authentication_classes", ("resolve_user", "get_authenticators")),
    "check_permissions": ("permission_classes", ("get_permissions",)),
    "check_throttles": ("throttle_classes", ("get_throttles",)),
}
"""Steps of ``before_action``, the classes that each goes by, and what else it consists of."""

CLASSES = (
    "authentication_classes",
    "permission_classes",
    "throttle_classes",
    "filter_backends",
)

Step = Callable[[Service], Any]
Hooks = tuple[tuple[str, Callable[..., Any]], ...]


def check_policies(service: Service) -> None:
    """Raise ConfigurationError if ``service`` goes by what are no classes, or do not work."""
    cls = type(service)
    for name in CLASSES:
        if _is_computed(cls, name):
            continue
        found = getattr(service, name, ())
        # An iterator would be empty, and let everybody in, from the second call on.
        is_list = isinstance(found, Collection) and not isinstance(found, str)
        if not is_list or not all(map(callable, found)):
            raise ConfigurationError(
                f"{cls.__name__}.{name} is {found!r:.200}. Give a list of classes, not of their "
                "instances or paths."
            )
    if not _is_computed(cls, "throttle_classes"):
        check_rates(service)
    if grpc_settings.REQUIRE_POLICY and not is_guarded(service):
        raise ConfigurationError(
            f"{cls.__name__} has no permission, so that everybody may call it, and "
            "GRPC_FRAMEWORK['REQUIRE_POLICY'] forbids that. Give it permission_classes, "
            "[AllowAny] if everybody may, or the settings DEFAULT_PERMISSION_CLASSES."
        )


def is_guarded(service: Service) -> bool:
    """Whether anything says who may call ``service``, be it that everybody may."""
    return _overrides(type(service), "before_action") or _has_policy(service, "check_permissions")


def before_action(service: Service, *, awaited: bool) -> Step | None:
    """Return what runs before the handlers of ``service``, or None if there is nothing to do.

    ``awaited`` asks for an async function, else it is a sync one. Unless the service has a
    ``before_action`` of its own, it is the steps that have something to do.
    """
    cls = type(service)
    if _overrides(cls, "before_action"):
        return _step([cls.before_action], awaited)
    steps = [getattr(cls, name) for name in POLICIES if _has_policy(service, name)]
    if not steps:
        return None
    decided = any(_decides(cls, name) for name in POLICIES)
    at_once = None if decided or service.throttle_classes else recall(service)
    return _step(steps, awaited, at_once)


def after_action(service: Service, *, awaited: bool) -> Step | None:
    """Return what runs after the handlers, or None, as ``before_action``."""
    cls = type(service)
    return _step([cls.after_action], awaited) if _overrides(cls, "after_action") else None


def _is_computed(cls: type[Service], name: str) -> bool:
    """Whether each instance has a value of its own, as by a property, which only a call knows."""
    found = getattr_static(cls, name, None)
    return hasattr(found, "__get__") and not isinstance(found, DefaultFrom)


def _overrides(cls: type[Service], name: str) -> bool:
    return getattr(cls, name) is not getattr(Service, name)


def _decides(cls: type[Service], step: str) -> bool:
    """Whether the classes of ``step`` are not all there is to it."""
    classes, parts = POLICIES[step]
    return _is_computed(cls, classes) or any(_overrides(cls, part) for part in (step, *parts))


def _has_policy(service: Service, step: str) -> bool:
    return _decides(type(service), step) or bool(getattr(service, POLICIES[step][0]))


def _step(steps: list[Step], awaited: bool, at_once: Recall | None = None) -> Step:
    functions = [sync_code(each) for each in steps]

    def run(service: Service) -> None:
        for function in functions:
            settled(function(service))
        service.check_steps()

    def run_unless_recalled(service: Service) -> None:
        if at_once is None or not at_once(service):
            run(service)

    async def await_one(service: Service) -> None:
        await steps[0](service)
        service.check_steps()

    async def run_in_thread(service: Service) -> None:
        if at_once is None or not at_once(service):
            await blocking(run, service)

    if not awaited:
        return run if at_once is None else run_unless_recalled
    return await_one if len(steps) == 1 and is_async(steps[0]) else run_in_thread


def overridden_hooks(cls: type[Service]) -> Hooks:
    """Return the async hooks that ``cls`` overrides, by the names of their sync twins.

    Raises:
        ConfigurationError: a sync hook is overridden by an async method.
    """
    hooks: Mapping[str, str] = ASYNC_HOOKS
    sync_only: Sequence[str] = SYNC_ONLY
    if issubclass(cls, BaseService):
        endings = tuple(name for name in dir(BaseService) if name.startswith("abort"))
        hooks, sync_only = {**hooks, **HELPERS}, (*sync_only, *endings)
    for name in (*hooks, *sync_only):
        if (hook := getattr(cls, name, None)) is not None and is_async(hook):
            advice = f"Call the method {hooks[name]!r}, or make" if name in hooks else "Make"
            raise ConfigurationError(
                f"{cls.__name__}.{name} is async, and nobody would await it. {advice} it sync."
            )
    return tuple(
        (name, hook)
        for name, async_name in hooks.items()
        if (hook := getattr(cls, async_name, None)) is not None and sync_twin(hook) is None
    )


def install_hooks(service: Service, hooks: Hooks) -> None:
    """Let the sync hooks of ``service`` run the async ones that stand for them."""
    for name, hook in hooks:
        setattr(service, name, partial(_await_hook, name, hook, service))


def _await_hook(
    name: str, hook: Callable[..., Any], service: Service, *args: Any, **kwargs: Any
) -> Any:
    if on_loop():
        raise RuntimeError(
            f"{type(service).__name__}.a{name} is overridden, and {name}() cannot wait for it in "
            f"async code. Write: await self.a{name}(...)"
        )
    # While the hook runs, ``name`` is the sync method again: the hook may want to call it.
    bridge = service.__dict__.pop(name)
    try:
        return await_from_thread(hook(service, *args, **kwargs))
    finally:
        setattr(service, name, bridge)
