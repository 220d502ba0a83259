"""``python -m config.healthcheck [HOST:PORT]``: exit 0 if a server there says SERVING, else 1."""

import sys

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

TIMEOUT = 3.0


def status(target: str) -> str:
    """Return the overall status of the server at ``target``, or the code of the failed call."""
    with grpc.insecure_channel(target) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        try:
            reply = check(HealthCheckRequest(), timeout=TIMEOUT)
        except grpc.RpcError as error:
            return error.code().name
    return HealthCheckResponse.ServingStatus.Name(reply.status)


if __name__ == "__main__":
    found = status(sys.argv[1] if len(sys.argv) > 1 else "localhost:50051")
    print(found)
    sys.exit(found != "SERVING")
