"""Server reflection: clients such as grpcurl ask the server for its contract."""

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

from django_socio_grpc.exceptions import ConfigurationError

try:
    from grpc_reflection.v1alpha import reflection, reflection_pb2
except ImportError:
    reflection = None  # type: ignore[assignment]

V1 = "grpc.reflection.v1.ServerReflection"


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
    names = (*services, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    server.add_generic_rpc_handlers((_v1(server, names),))


def _v1(server: Any, names: Sequence[str]) -> "grpc.GenericRpcHandler":
    """The same for clients that ask by v1, whose messages differ from v1alpha's in name alone.

    It is not among the services that are listed: there is no descriptor of it to be told.
    """
    aio = isinstance(server, grpc.aio.Server)
    kind: Any = reflection.aio.ReflectionServicer if aio else reflection.ReflectionServicer
    handler = grpc.stream_stream_rpc_method_handler(
        kind(names).ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(V1, {"ServerReflectionInfo": handler})
