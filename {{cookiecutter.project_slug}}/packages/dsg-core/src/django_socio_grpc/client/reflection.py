"""A server's contract, as the server itself tells it."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias

import grpc
import grpc.aio
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from django_socio_grpc.client.files import ContractError, in_new_pool
from django_socio_grpc.client.protos import Method

try:
    from grpc_reflection.v1alpha import reflection_pb2
except ModuleNotFoundError:  # an extra: a client that has the contract needs it not
    reflection_pb2 = None  # type: ignore[assignment]

VERSIONS = ("grpc.reflection.v1alpha.ServerReflection", "grpc.reflection.v1.ServerReflection")
"""Both have the same messages; a server has one of them or both."""

Conversation: TypeAlias = Generator[Any, Any, list[FileDescriptor]]


def methods() -> list[Method]:
    """The rpcs to try, one after the other.

    Both are streams, of which one question and its answer are all: so each is a call of its own.

    Raises:
        ContractError: grpcio-reflection is not installed.
    """
    if reflection_pb2 is None:
        raise ContractError(
            "To ask a server for its contract, install grpcio-reflection. Without it, give the "
            ".proto file or the generated module: client.protos(...)."
        )
    return [
        Method(
            path=f"/{service}/ServerReflectionInfo",
            request_class=reflection_pb2.ServerReflectionRequest,
            response_class=reflection_pb2.ServerReflectionResponse,
            request_stream=False,
            response_stream=False,
        )
        for service in VERSIONS
    ]


def reflect(target: str, asks: Sequence[Callable[[Any], Any]]) -> list[FileDescriptor]:
    """Return the files of the services at ``target``. ``asks`` call each of ``methods()``."""
    for ask in asks:
        conversation = _conversation()
        try:
            question = next(conversation)
            while True:
                question = conversation.send(ask(question))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        except grpc.RpcError as error:
            _raise_unless_unknown(error)
    raise _no_reflection(target)


async def areflect(target: str, asks: Sequence[Callable[[Any], Any]]) -> list[FileDescriptor]:
    """The same on an event loop."""
    for ask in asks:
        conversation = _conversation()
        try:
            question = next(conversation)
            while True:
                question = conversation.send(await ask(question))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        except grpc.RpcError as error:
            _raise_unless_unknown(error)
    raise _no_reflection(target)


def _conversation() -> Conversation:
    """Yields requests, is sent the replies, and returns the files: it knows no transport."""
    request = reflection_pb2.ServerReflectionRequest
    reply = yield request(list_services="")
    names = [service.name for service in reply.list_services_response.service]
    files: dict[str, FileDescriptorProto] = {}
    for name in names:
        if name not in VERSIONS:
            _add(files, (yield request(file_containing_symbol=name)), name)
    missing = _missing(files)
    while missing:
        _add(files, (yield request(file_by_filename=missing[0])), missing[0])
        missing = _missing(files)
    return in_new_pool(files.values())


def _add(files: dict[str, FileDescriptorProto], reply: Any, wanted: str) -> None:
    if reply.HasField("error_response"):
        raise ContractError(f"{wanted}: {reply.error_response.error_message}")
    for data in reply.file_descriptor_response.file_descriptor_proto:
        file = FileDescriptorProto.FromString(data)
        files.setdefault(file.name, file)


def _missing(files: dict[str, FileDescriptorProto]) -> list[str]:
    return sorted({name for file in files.values() for name in file.dependency} - files.keys())


def _raise_unless_unknown(error: grpc.RpcError) -> None:
    if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
        raise error


def _no_reflection(target: str) -> ContractError:
    return ContractError(
        f"The server at {target} does not tell its contract. Switch its reflection on, or give "
        "the .proto file or the generated module: client.protos(...)."
    )
