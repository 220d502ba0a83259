"""What the servers serve: every service that ``library/services.py`` defines."""

from importlib import import_module
from typing import Any

from django_socio_grpc.services import Service
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry

services = import_module("library.services")


def grpc_handlers(server: Any) -> None:
    library = AppHandlerRegistry("library", server)
    for value in vars(services).values():
        is_service = isinstance(value, type) and issubclass(value, Service)
        if is_service and value.__module__ == services.__name__:
            library.register(value)
