"""Observed services: an rpc of each kind, in both colours, that ends as it is asked to."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.request import urlopen

import pytest
from declared import Contract, Stub
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.observability import telling
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, RunningServer, serve
from prometheus_client.parser import text_string_to_metric_families

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 20.0
KINDS = {
    "Unary": "unary",
    "Stream": "server_stream",
    "Upload": "client_stream",
    "Chat": "bidi_stream",
}

logger = logging.getLogger("tests.observed")


class Observed(Service):
    """What is said decides how a call ends: "missing" and "bug" are errors, "late" is endless."""

    service_name = "Observed"
    pb: Any

    def said(self, text: str) -> str:
        logger.info("said %s", text)
        if text == "missing":
            raise NotFound
        if text == "bug":
            raise ValueError("secret")
        return text

    @staticmethod
    def wait(context: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while context.is_active() and time.monotonic() < deadline:
            time.sleep(0.01)


class SyncObserved(Observed):
    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        if request.text == "late":
            self.wait(context)
        return self.pb.ObservedUnaryResponse(text=self.said(request.text))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.ObservedStreamResponse(text="first")
        if request.text == "late":
            self.wait(context)
        yield self.pb.ObservedStreamResponse(text=self.said(request.text))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        for each in request:
            if each.text == "late":
                self.wait(context)
            self.said(each.text)
        return self.pb.ObservedUploadResponse(text="all")

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for each in request:
            if each.text == "late":
                self.wait(context)
            yield self.pb.ObservedChatResponse(text=self.said(each.text))


class AsyncObserved(SyncObserved):
    async def Unary(self, request: Any, context: Any) -> Any:
        if request.text == "late":
            await asyncio.sleep(PATIENCE)
        return self.pb.ObservedUnaryResponse(text=self.said(request.text))

    async def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.ObservedStreamResponse(text="first")
        if request.text == "late":
            await asyncio.sleep(PATIENCE)
        yield self.pb.ObservedStreamResponse(text=self.said(request.text))

    async def Upload(self, request: Any, context: Any) -> Any:
        async for each in request:
            if each.text == "late":
                await asyncio.sleep(PATIENCE)
            self.said(each.text)
        return self.pb.ObservedUploadResponse(text="all")

    async def Chat(self, request: Any, context: Any) -> Any:
        async for each in request:
            if each.text == "late":
                await asyncio.sleep(PATIENCE)
            yield self.pb.ObservedChatResponse(text=self.said(each.text))


services = pytest.mark.parametrize("service", [SyncObserved, AsyncObserved])
kinds = pytest.mark.parametrize("kind", KINDS)


@contextmanager
def observed(
    mode: Mode, service: type[Service], **config: Any
) -> Iterator[tuple[RunningServer, Stub]]:
    contract = Contract(service)
    with (
        # A machine that does much else may need more time than a server takes at its end.
        patch.object(telling, "LAST_RECORDS", PATIENCE),
        serve(mode, contract.hook, **config) as server,
        server.channel() as channel,
    ):
        yield server, contract.stub(channel).options(timeout=PATIENCE)


def say(stub: Stub, kind: str, *texts: str) -> list[str]:
    """Call the rpc of ``kind``, with a message for each of ``texts`` if it takes several."""
    make = getattr(stub.pb, f"Observed{kind}Request")
    call = getattr(stub, kind)
    if kind in {"Upload", "Chat"}:
        reply = call(iter([make(text=text) for text in texts]))
    else:
        reply = call(text=texts[0])
    return [each.text for each in (reply if kind in {"Stream", "Chat"} else [reply])]


def open_call(stub: Stub, kind: str, text: str) -> Any:
    """Begin a call, and do not wait for its end."""
    make = getattr(stub.pb, f"Observed{kind}Request")
    method = stub.method(kind)
    request = iter([make(text=text)]) if kind in {"Upload", "Chat"} else make(text=text)
    begin = method if kind in {"Stream", "Chat"} else method.future
    return begin(request, timeout=PATIENCE)


class Samples:
    """What a server shows to Prometheus, at the port that is given or that it has."""

    def __init__(self, server: RunningServer | int) -> None:
        self.port = server if isinstance(server, int) else server.server.telling.metrics_port
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=PATIENCE) as answer:
            self.text = answer.read().decode()
        self._samples = [
            sample
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        ]

    def value(self, name: str, **labels: str) -> float | None:
        """The value of the one sample that has the ``labels``, or None."""
        found = self.values(name, **labels)
        assert len(found) < 2, f"{name} with {labels} is not one sample"
        return found[0] if found else None

    def values(self, name: str, **labels: str) -> list[float]:
        """The values of all samples that have the ``labels``."""
        return [
            sample.value
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def labels(self, name: str) -> list[dict[str, str]]:
        return [sample.labels for sample in self._samples if sample.name == name]
