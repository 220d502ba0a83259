"""An import path that the documentation uses."""

from django_socio_grpc.servicer import ServicerProxy, get_servicer_context

__all__ = ["ServicerProxy", "get_servicer_context"]
