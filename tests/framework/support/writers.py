"""A service whose actions write rows, and end as they are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.services import Service
from grpc import StatusCode
from library.models import Tag
from policies import TEXT

KINDS = ["Unary", "Stream", "Upload", "Chat", "Written"]
kinds = pytest.mark.parametrize("kind", KINDS)
seen: list[Any] = []


class Steps(Service):
    """Each RPC writes a row for each message, and ends as the message says."""

    service_name = "Step"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.StepUnaryResponse(text=self.write(request))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.StepStreamResponse(text="first")
        yield self.pb.StepStreamResponse(text=self.write(request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        texts = [self.write(message) for message in request]
        return self.pb.StepUploadResponse(text=" ".join(texts))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.StepChatResponse(text=self.write(message))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Written(self, request: Any, context: Any) -> None:
        context.write(self.pb.StepWrittenResponse(text=self.write(request)))

    def write(self, message: Any) -> str:
        seen.append(connection.in_atomic_block)
        Tag.objects.create(label=message.text.replace(" ", "-"))
        match message.text:
            case "raise":
                raise NotFound
            case "abort":
                self.context.abort(StatusCode.DATA_LOSS, "gone")
            case "swallowed abort":
                try:
                    self.context.abort(StatusCode.DATA_LOSS, "gone")
                except Exception:
                    return "swallowed"
            case "code":
                self.context.set_code(StatusCode.DATA_LOSS)
            case "bug":
                raise ValueError
        return str(message.text)


class Atomic(Steps):
    atomic = True


def call(stub: Any, kind: str, text: str) -> Any:
    stub = stub.options(timeout=10)
    if kind in {"Upload", "Chat"}:
        reply = getattr(stub, kind)(iter([getattr(stub.pb, f"Step{kind}Request")(text=text)]))
    else:
        reply = getattr(stub, kind)(text=text)
    return reply if kind in {"Unary", "Upload"} else list(reply)


def labels() -> list[str]:
    return sorted(Tag.objects.values_list("label", flat=True))


@contextmanager
def atomic_requests(*, on: bool = True) -> Iterator[None]:
    before = connections["default"].settings_dict["ATOMIC_REQUESTS"]
    connections.settings["default"]["ATOMIC_REQUESTS"] = on
    try:
        yield
    finally:
        connections.settings["default"]["ATOMIC_REQUESTS"] = before
