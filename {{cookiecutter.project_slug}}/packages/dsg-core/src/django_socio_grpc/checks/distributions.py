"""Another distribution of the package beside this one."""

from importlib import metadata
from typing import Any

from django.core.checks import CheckMessage, Error

DISTRIBUTION = "dsg-core"
OTHER = "django-socio-grpc"
PACKAGE = __name__.partition(".")[0]


def check_distributions(**kwargs: Any) -> list[CheckMessage]:
    """Return an error if the other distribution of the package is installed as well."""
    try:
        metadata.distribution(OTHER)
    except metadata.PackageNotFoundError:
        return []
    return [
        Error(
            f"{DISTRIBUTION} and {OTHER} are both installed, and both provide the package "
            f"{PACKAGE}: which of them is imported, in parts even, is left to chance.",
            hint=f"Keep one. To keep {DISTRIBUTION}: pip uninstall {OTHER}, then install "
            f"{DISTRIBUTION} once more, for they may have had files in common.",
            id=f"{PACKAGE}.E001",
        )
    ]
