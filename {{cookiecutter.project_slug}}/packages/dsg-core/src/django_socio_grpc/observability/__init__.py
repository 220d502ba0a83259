"""What a server tells of its calls to those who operate it: logs, metrics and traces."""

from django_socio_grpc.observability.telling import Telling, showing_workers

__all__ = ["Telling", "showing_workers"]
