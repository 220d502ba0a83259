"""``python -m config.healthcheck [HOST:PORT [SERVICE]]``: exit 0 if a server says SERVING, else 1.

Without SERVICE it is whether the server is ready; with ``liveness``, whether it works at all.
"""

import sys

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

TIMEOUT = 3.0


def status(target: str = "localhost:50051", service: str = "") -> str:
    """Return the status of ``service`` at ``target``, or the code of the failed call."""
    with grpc.insecure_channel(target) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        try:
            reply = check(HealthCheckRequest(service=service), timeout=TIMEOUT)
        except grpc.RpcError as error:
            return error.code().name
    return HealthCheckResponse.ServingStatus.Name(reply.status)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit("error: give HOST:PORT and SERVICE at most, as in localhost:50051 liveness.")
    found = status(*sys.argv[1:])
    print(found)
    sys.exit(found != "SERVING")
