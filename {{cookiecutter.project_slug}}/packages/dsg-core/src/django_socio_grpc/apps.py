"""The Django app."""

from django.apps import AppConfig


class DjangoSocioGrpcConfig(AppConfig):
    """Makes the management commands known to Django."""

    name = "django_socio_grpc"
    verbose_name = "gRPC"
