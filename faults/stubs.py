"""Stubs of the faulty project's services, made of its descriptors.

The generated ones import their messages by the name that they have within the project.
"""

from typing import Any

from google.protobuf.message_factory import GetMessageClass

from faults.project.faulty.grpc import faulty_pb2 as pb

CALLS = pb.DESCRIPTOR.services_by_name["CallController"]
SAMPLES = pb.DESCRIPTOR.services_by_name["SampleController"]
KINDS = {
    (False, False): "unary_unary",
    (False, True): "unary_stream",
    (True, False): "stream_unary",
    (True, True): "stream_stream",
}


class Stub:
    """The methods of ``service`` on ``channel``, of grpc or of grpc.aio, as attributes."""

    def __init__(self, channel: Any, service: Any = CALLS) -> None:
        for method in service.methods:
            make = getattr(channel, KINDS[method.client_streaming, method.server_streaming])
            request: Any = GetMessageClass(method.input_type)
            response: Any = GetMessageClass(method.output_type)
            path = f"/{service.full_name}/{method.name}"
            multicallable = make(
                path,
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString,
            )
            setattr(self, method.name, multicallable)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The service has no method {name!r}.")
