"""Server reflection: clients such as grpcurl ask the server for its contract."""

from collections.abc import Sequence
from typing import Any

from django_socio_grpc.exceptions import ConfigurationError

try:
    from grpc_reflection.v1alpha import reflection
except ImportError:
    reflection = None  # type: ignore[assignment]


def enable_reflection(server: Any, services: Sequence[str]) -> None:
    """Let ``server`` answer for ``services``, full names, and for itself.

    Raises:
        ConfigurationError: grpcio-reflection is not installed.
    """
    if reflection is None:
        raise ConfigurationError(
            "Reflection is asked for, by GRPC_FRAMEWORK['ENABLE_REFLECTION'] or --reflection, but "
            "grpcio-reflection is not installed. Run: pip install 'dsg-core[reflection]'"
        )
    reflection.enable_server_reflection((*services, reflection.SERVICE_NAME), server)
