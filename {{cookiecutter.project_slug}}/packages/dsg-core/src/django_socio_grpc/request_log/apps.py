"""The Django app."""

from django.apps import AppConfig


class RequestLogConfig(AppConfig):
    """Brings the table, its page in the admin site, and the command that clears it."""

    name = "django_socio_grpc.request_log"
    label = "grpc_request_log"
    verbose_name = "gRPC requests"
    default_auto_field = "django.db.models.BigAutoField"
