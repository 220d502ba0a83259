"""The settings under ``GRPC_FRAMEWORK``. ``grpc_settings.NAME`` reads one."""

from django_socio_grpc.settings.behaviors import FilterAndPaginationBehaviorOptions
from django_socio_grpc.settings.declared import Settings
from django_socio_grpc.settings.lazy import LazySettings, grpc_settings

__all__ = ["FilterAndPaginationBehaviorOptions", "LazySettings", "Settings", "grpc_settings"]
