"""A service as the object that ``add_<X>Servicer_to_server`` of a generated module takes."""

from collections.abc import Callable, Mapping
from typing import Any

from django_socio_grpc import actions, adapters
from django_socio_grpc.exceptions import Unimplemented
from django_socio_grpc.plan import plan_action
from django_socio_grpc.service import Service


class ServicerProxy:
    """Each RPC of the service is a method: ``(request, context)`` as grpc calls it."""

    def __init__(self, service_class: type[Service], initkwargs: Mapping[str, Any]) -> None:
        self._service_class = service_class
        self._initkwargs = initkwargs
        self._actions = actions.collect(service_class(**initkwargs))

    def __getattr__(self, name: str) -> Callable[[Any, Any], Any]:
        if name not in self._actions:
            raise Unimplemented(f"{self._service_class.__name__} has no action {name!r}.")
        plan = plan_action(self._service_class, self._actions[name], initkwargs=self._initkwargs)
        return adapters.behavior(plan)
