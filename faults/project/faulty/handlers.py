"""What is served: the template's services, and those that do what no service should."""

from typing import Any

from config.handlers import grpc_handlers as template_handlers
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from django_socio_grpc.settings import grpc_settings

from faulty import async_services, sync_services


def grpc_handlers(server: Any) -> None:
    template_handlers(server)
    module = async_services if grpc_settings.GRPC_ASYNC else sync_services
    registry = AppHandlerRegistry("faulty", server)
    for service in module.SERVICES:
        registry.register(service)
