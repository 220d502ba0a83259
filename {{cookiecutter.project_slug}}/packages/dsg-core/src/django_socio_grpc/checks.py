"""System checks: ``manage.py check`` runs them, and so does every start of a server."""

from importlib import metadata
from typing import Any

from django.core.checks import CheckMessage, Error

TAG = "grpc"
DISTRIBUTION = "dsg-core"
PACKAGE = __name__.partition(".")[0]


def check_distributions(**kwargs: Any) -> list[CheckMessage]:
    """Return an error if another distribution than our own installed the package as well."""
    others = sorted({*metadata.packages_distributions().get(PACKAGE, ())} - {DISTRIBUTION})
    if not others:
        return []
    return [
        Error(
            f"{DISTRIBUTION} and {', '.join(others)} are both installed, and both provide the "
            f"package {PACKAGE}: which of them is imported, in parts even, is left to chance.",
            hint=f"Keep one. To keep {DISTRIBUTION}: pip uninstall {' '.join(others)}, then "
            f"install {DISTRIBUTION} once more, for they may have had files in common.",
            id=f"{PACKAGE}.E001",
        )
    ]
