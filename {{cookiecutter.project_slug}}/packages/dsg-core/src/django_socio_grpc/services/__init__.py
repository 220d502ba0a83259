"""Import paths that the documentation uses."""

from django_socio_grpc.base_service import BaseService
from django_socio_grpc.registration import AppHandlerRegistry
from django_socio_grpc.service import Service
from django_socio_grpc.servicer import ServicerProxy

__all__ = ["AppHandlerRegistry", "BaseService", "Service", "ServicerProxy"]
