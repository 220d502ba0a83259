"""The Django app."""

from django.apps import AppConfig
from django.core import checks

from django_socio_grpc.checks import TAG, check_distributions


class DjangoSocioGrpcConfig(AppConfig):
    """Makes the management commands and the system checks known to Django."""

    name = "django_socio_grpc"
    verbose_name = "gRPC"

    def ready(self) -> None:
        checks.register(check_distributions, TAG)
