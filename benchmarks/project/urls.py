"""What is served. ``BENCH_SYNC=1`` serves the sync variants."""

import os
from typing import Any

from bench import async_services, sync_services
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry

urlpatterns: list[Any] = []


def grpc_handlers(server: Any) -> None:
    module = sync_services if os.environ.get("BENCH_SYNC") == "1" else async_services
    registry = AppHandlerRegistry("bench", server)
    for service in module.SERVICES:
        registry.register(service)
