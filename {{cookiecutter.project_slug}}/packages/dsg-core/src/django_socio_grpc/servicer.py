"""A service as the object that ``add_<X>Servicer_to_server`` of a generated module takes."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from django.apps import apps
from google.protobuf.descriptor import FileDescriptor

from django_socio_grpc import actions, adapters, current
from django_socio_grpc.base_service import BaseService
from django_socio_grpc.calls.binding import bind_serializers
from django_socio_grpc.calls.plan import plan_action
from django_socio_grpc.exceptions import ConfigurationError, Unimplemented
from django_socio_grpc.service import Service


class ServicerContext:
    """What is known of the call that this thread or task works for."""

    @property
    def service(self) -> Service:
        """The instance of the service that serves it.

        Raises:
            AttributeError: there is no call.
        """
        service: Service | None = current.service()
        if service is None:
            raise AttributeError("There is no call here, so there is no service.")
        return service


_context = ServicerContext()


def get_servicer_context() -> ServicerContext:
    """Return what has the ``service`` of the current call: within calls, ``hasattr`` finds it."""
    return _context


class MissingAction(Unimplemented, ConfigurationError):
    """The contract has an rpc that the service has no action for."""


class ServicerProxy:
    """Each RPC of the service is a method: ``(request, context)`` as grpc calls it.

    It is for the server that services are registered with when it is made, or, for one that
    somebody built by hand, of the mode in ``GRPC_ASYNC``.

    The contract that lies in the ``grpc`` folder of the service's app, if there is one, tells
    serializers which messages are theirs, and a ``BaseService`` which of its methods are actions.

    Raises:
        MissingAction: the contract asks for an action that the service has not.
    """

    def __init__(self, service_class: type[Service], initkwargs: Mapping[str, Any]) -> None:
        if (file := _contract(service_class)) is not None:
            if issubclass(service_class, BaseService):
                service_class.adopt(file.services_by_name[service_class.get_controller_name()])
            bind_serializers(service_class, file)
        self._service_class = service_class
        self._initkwargs = initkwargs
        self._actions = actions.collect(service_class(**initkwargs))
        self._runtime = adapters.current()

    @property
    def service_class(self) -> type[Service]:
        return self._service_class

    def __getattr__(self, name: str) -> Callable[[Any, Any], Any]:
        if name.startswith("_"):  # Python asks for these, no contract does
            raise AttributeError(name)
        if name not in self._actions:
            raise MissingAction(_missing(self._service_class, name))
        plan = plan_action(self._service_class, self._actions[name], initkwargs=self._initkwargs)
        with adapters.registering(self._runtime):
            return adapters.behavior(plan)


def _missing(cls: type[Service], name: str) -> str:
    """What is wrong if a contract has the rpc ``name`` and ``cls`` has no such action."""
    if not callable(getattr(cls, name, None)):
        return (
            f"{cls.__name__} has no action {name!r}, which its contract has. Add the method to "
            f"{cls.__name__}, or, if it is gone on purpose, run: python manage.py generateproto"
        )
    is_none = f"{cls.__name__}.{name} is no action: it has no @grpc_action"
    if not issubclass(cls, BaseService):
        return f"{is_none}. Add it."
    return (
        f"{is_none}, and no app of INSTALLED_APPS that {cls.__name__} is in has a contract of the "
        f"service {cls.get_controller_name()} in its grpc folder. Add the decorator, or register "
        "the class by AppHandlerRegistry(..., disable_proto_generation=True)."
    )


def _contract(cls: type[Service]) -> FileDescriptor | None:
    """The file that has the service, if it is where ``generateproto`` puts it."""
    app = apps.get_containing_app_config(cls.__module__)
    if app is None:
        return None
    try:
        module = import_module(f"{app.name}.grpc.{app.label}_pb2")
    except ModuleNotFoundError:
        return None
    file: FileDescriptor = module.DESCRIPTOR
    return file if cls.get_controller_name() in file.services_by_name else None
