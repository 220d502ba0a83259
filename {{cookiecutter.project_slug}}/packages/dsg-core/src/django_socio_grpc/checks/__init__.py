"""System checks: ``manage.py check`` runs them, with ``--deploy`` those of production too."""

from typing import Any

from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from django_socio_grpc.checks.distributions import check_distributions

TAG = "grpc"
DEPLOYMENT = "django_socio_grpc.checks.deployment.check_deployment"


def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each setting that is not fit for production.

    Its module is imported when it runs: it needs models, which are not loaded where checks are
    registered, and grpc, which few commands do.
    """
    return import_string(DEPLOYMENT)(**kwargs)  # type: ignore[no-any-return]


__all__ = ["TAG", "check_deployment", "check_distributions"]
