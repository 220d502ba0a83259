"""What a server would serve, read from the plans of its calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from inspect import getattr_static
from typing import Any

from django_socio_grpc import registry
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.concurrency import sync_twin
from django_socio_grpc.service import Service
from django_socio_grpc.settings import grpc_settings

KINDS = {
    (False, False): "unary",
    (False, True): "server stream",
    (True, False): "client stream",
    (True, True): "bidirectional",
}
"""By whether the request, and whether the response, is a stream."""

POLICIES = {
    "authentication": ("authentication_classes", "get_authenticators"),
    "permissions": ("permission_classes", "get_permissions"),
    "throttles": ("throttle_classes", "get_throttles"),
    "filters": ("filter_backends", "filter_queryset"),
    "pagination": ("pagination_class", "paginate_queryset"),
}
"""What holds for each call of a service: its attribute, and the method that may say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One rpc. ``handler`` is sync, async, or offloaded: async to call, sync when it runs.

    ``atomic`` are the databases in which a call is a transaction. The names of a policy are those
    of its classes, in their order; a service that decides in each call has the name of its method.
    """

    path: str
    service: str
    kind: str
    handler: str
    request: str
    response: str
    atomic: Sequence[str]
    authentication: Sequence[str]
    permissions: Sequence[str]
    throttles: Sequence[str]
    filters: Sequence[str]
    pagination: Sequence[str]


def routes(*, aio: bool) -> list[Route]:
    """Return the rpcs that the handlers hook registers for a server, sorted by path.

    Raises:
        ConfigurationError: the hook, a service, or its contract is not as it must be.
    """
    with grpc_settings.override(GRPC_ASYNC=aio):
        apps = registry.collect_apps()
        found = [route for app in apps.values() for route in _routes_of(app)]
    return sorted(found, key=lambda route: route.path)


def _routes_of(app: registry.RegisteredApp) -> Iterable[Route]:
    for cls in app.services:
        file = app.descriptor()
        name, plans = bind_service(cls, file, check_messages=app.generates)
        methods = file.services_by_name[cls.get_controller_name()].methods_by_name
        policies = {policy: _policy(cls, *where) for policy, where in POLICIES.items()}
        for rpc, plan in plans.items():
            yield Route(
                path=f"/{name}/{rpc}",
                service=f"{cls.__module__}.{cls.__qualname__}",
                kind=KINDS[plan.request_stream, plan.response_stream],
                handler=_colour(plan),
                request=methods[rpc].input_type.full_name,
                response=methods[rpc].output_type.full_name,
                atomic=plan.atomic,
                **policies,
            )


def _colour(plan: CallPlan) -> str:
    if plan.is_async:
        return "async"
    declared = getattr_static(plan.service_class, plan.name)
    return "sync" if sync_twin(declared) is None else "offloaded"


def _policy(cls: type[Service], attribute: str, method: str) -> Sequence[str]:
    """The names of the classes, or of the method if the service overrides it."""
    own = next((base for base in cls.__mro__ if method in vars(base)), None)
    if own is not None and not own.__module__.startswith(f"{__package__.partition('.')[0]}."):
        return (f"{method}()",)
    value: Any = getattr(cls, attribute, None)
    classes = value if isinstance(value, list | tuple) else [value]
    return tuple(_class_name(item) for item in classes if item is not None)


def _class_name(cls: Any) -> str:
    """The name of a class, or of two that are joined: ``(IsAdmin | IsOwner)``."""
    operator = getattr(cls, "operator_class", None)
    if operator is None:
        return str(getattr(cls, "__name__", cls))
    first = _class_name(cls.op1_class)
    if not hasattr(cls, "op2_class"):
        return f"~{first}"
    sign = {"AND": "&", "OR": "|"}.get(operator.__name__, operator.__name__)
    return f"({first} {sign} {_class_name(cls.op2_class)})"
