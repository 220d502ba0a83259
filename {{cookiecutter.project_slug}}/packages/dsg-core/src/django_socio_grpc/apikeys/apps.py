"""The Django app."""

from django.apps import AppConfig


class APIKeysConfig(AppConfig):
    """Has the table of keys, their admin page and ``manage.py grpcapikey``."""

    name = "django_socio_grpc.apikeys"
    label = "grpc_apikeys"
    verbose_name = "gRPC API keys"
