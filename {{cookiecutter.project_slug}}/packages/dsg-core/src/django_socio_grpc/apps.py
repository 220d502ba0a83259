"""The Django app."""

from django.apps import AppConfig
from django.core import checks

from django_socio_grpc.checks import TAG, check_deployment, check_distributions
from django_socio_grpc.database import guard_connections


class DjangoSocioGrpcConfig(AppConfig):
    """Makes the management commands and the system checks known to Django.

    Connections to PostgreSQL that are opened from then on are guarded.
    """

    name = "django_socio_grpc"
    verbose_name = "gRPC"

    def ready(self) -> None:
        guard_connections()
        checks.register(check_distributions, TAG)
        checks.register(check_deployment, TAG, deploy=True)
