"""A service as the object that ``add_<X>Servicer_to_server`` of a generated module takes."""

from collections.abc import Callable, Mapping
from typing import Any

from django_socio_grpc import actions, adapters
from django_socio_grpc.exceptions import ConfigurationError, Unimplemented
from django_socio_grpc.plan import plan_action
from django_socio_grpc.service import Service


class MissingAction(Unimplemented, ConfigurationError):
    """The contract has an rpc that the service has no action for."""


class ServicerProxy:
    """Each RPC of the service is a method: ``(request, context)`` as grpc calls it.

    It is for the server that services are registered with when it is made, or, for one that
    somebody built by hand, of the mode in ``GRPC_ASYNC``.

    Raises:
        MissingAction: the contract asks for an action that the service has not.
    """

    def __init__(self, service_class: type[Service], initkwargs: Mapping[str, Any]) -> None:
        self._service_class = service_class
        self._initkwargs = initkwargs
        self._actions = actions.collect(service_class(**initkwargs))
        self._runtime = adapters.current()

    def __getattr__(self, name: str) -> Callable[[Any, Any], Any]:
        if name.startswith("_"):  # Python asks for these, no contract does
            raise AttributeError(name)
        if name not in self._actions:
            cls = self._service_class.__name__
            raise MissingAction(
                f"{cls} has no action {name!r}, which its contract has. Add the method to {cls}, "
                "or, if it is gone on purpose, run: python manage.py generateproto"
            )
        plan = plan_action(self._service_class, self._actions[name], initkwargs=self._initkwargs)
        with adapters.registering(self._runtime):
            return adapters.behavior(plan)
