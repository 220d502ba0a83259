"""Reflection: a server tells its contract to those who may ask."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from configured import configured
from declared import Contract, stub_of
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.server import reflection
from django_socio_grpc.testing import Mode, serve
from echo import EchoService
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc import StatusCode
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from project import Project


def reflected(channel: grpc.Channel, name: str = "") -> Any:
    """What the server says of its services, or of the file that has ``name``."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    if name:
        request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=name)
    (reply,) = stub.ServerReflectionInfo(iter([request]), timeout=10)
    return reply


def test_reflection(mode: Mode) -> None:
    hook = Contract(EchoService).hook
    with (
        configured(enable_reflection=True),
        serve(mode, hook) as running,
        running.channel() as channel,
    ):
        services = reflected(channel).list_services_response.service
    assert {service.name for service in services} == {
        "tests.EchoController",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


def test_no_reflection_unless_it_is_asked_for(mode: Mode) -> None:
    with (
        serve(mode, Contract(EchoService).hook) as running,
        running.channel() as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        reflected(channel)
    assert caught.value.code() is StatusCode.UNIMPLEMENTED


def test_reflection_that_is_not_installed(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflection, "reflection", None)
    with (
        configured(enable_reflection=True),
        pytest.raises(ConfigurationError, match="grpcio-reflection is not installed"),
        stub_of(mode, EchoService),
    ):
        raise AssertionError("it serves")


def test_the_flag_of_the_commands(mode: Mode, tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    with (
        project.serve(mode, "--reflection") as program,
        grpc.insecure_channel(program.target) as channel,
    ):
        reply = reflected(channel, "plays.PlayController").file_descriptor_response
    file = FileDescriptorProto.FromString(reply.file_descriptor_proto[0])
    assert "Say" in [method.name for method in file.service[0].method]
