"""All four RPC kinds, on both servers, by handlers of either colour and either stream style."""

import queue
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from declared import stub_of
from django_socio_grpc.context import EOF
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode

TEXT = [{"name": "text", "type": "string"}]


class Echo(Service):
    """What the variants below have in common: their contract."""

    service_name = "Echo"
    pb: Any


class SyncEcho(Echo):
    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any:
        return self.pb.EchoSayResponse(text=request.text.upper())

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Spell(self, request: Any, context: Any) -> Iterator[Any]:
        for letter in request.text:
            yield self.pb.EchoSpellResponse(text=letter)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Join(self, request: Any, context: Any) -> Any:
        return self.pb.EchoJoinResponse(text=" ".join(message.text for message in request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.EchoChatResponse(text=message.text.upper())


class SyncWritingEcho(SyncEcho):
    """The same, by ``context.read()`` and ``context.write()``."""

    def Spell(self, request: Any, context: Any) -> None:  # type: ignore[override]
        for letter in request.text:
            context.write(self.pb.EchoSpellResponse(text=letter))

    def Join(self, request: Any, context: Any) -> Any:
        words = []
        while (message := context.read()) is not EOF:
            words.append(message.text)
        return self.pb.EchoJoinResponse(text=" ".join(words))

    def Chat(self, request: Any, context: Any) -> None:  # type: ignore[override]
        while (message := context.read()) is not EOF:
            context.write(self.pb.EchoChatResponse(text=message.text.upper()))


class AsyncEcho(Echo):
    @grpc_action(request=TEXT, response=TEXT)
    async def Say(self, request: Any, context: Any) -> Any:
        return self.pb.EchoSayResponse(text=request.text.upper())

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Spell(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for letter in request.text:
            yield self.pb.EchoSpellResponse(text=letter)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Join(self, request: Any, context: Any) -> Any:
        words = [message.text async for message in request]
        return self.pb.EchoJoinResponse(text=" ".join(words))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for message in request:
            yield self.pb.EchoChatResponse(text=message.text.upper())


class AsyncWritingEcho(AsyncEcho):
    """The same, by ``context.read()`` and ``context.write()``."""

    async def Spell(self, request: Any, context: Any) -> None:  # type: ignore[override]
        for letter in request.text:
            await context.write(self.pb.EchoSpellResponse(text=letter))

    async def Join(self, request: Any, context: Any) -> Any:
        words = []
        while (message := await context.read()) is not EOF:
            words.append(message.text)
        return self.pb.EchoJoinResponse(text=" ".join(words))

    async def Chat(self, request: Any, context: Any) -> None:  # type: ignore[override]
        while (message := await context.read()) is not EOF:
            await context.write(self.pb.EchoChatResponse(text=message.text.upper()))


class ReturningEcho(SyncEcho):
    """A sync handler may return the iterable of its replies instead of yielding them."""

    def Spell(self, request: Any, context: Any) -> Any:
        return [self.pb.EchoSpellResponse(text=letter) for letter in request.text]


services = pytest.mark.parametrize(
    "service", [SyncEcho, SyncWritingEcho, AsyncEcho, AsyncWritingEcho, ReturningEcho]
)


def words(stub: Any, *texts: str) -> Iterator[Any]:
    return (stub.pb.EchoChatRequest(text=text) for text in texts)


@services
def test_unary_unary(mode: Mode, service: type[Echo]) -> None:
    with stub_of(mode, service) as stub:
        assert stub.Say(text="hello").text == "HELLO"


@services
def test_unary_stream(mode: Mode, service: type[Echo]) -> None:
    with stub_of(mode, service) as stub:
        assert [reply.text for reply in stub.Spell(text="hello")] == list("hello")


@services
def test_a_stream_may_be_empty(mode: Mode, service: type[Echo]) -> None:
    with stub_of(mode, service) as stub:
        assert list(stub.Spell(text="")) == []


@services
def test_a_stream_keeps_its_order_past_every_buffer(mode: Mode, service: type[Echo]) -> None:
    text = "0123456789" * 200
    with stub_of(mode, service) as stub:
        assert "".join(reply.text for reply in stub.Spell(text=text)) == text


@services
def test_stream_unary(mode: Mode, service: type[Echo]) -> None:
    with stub_of(mode, service) as stub:
        requests = (stub.pb.EchoJoinRequest(text=text) for text in ("do", "you", "work"))
        assert stub.Join(requests).text == "do you work"


@services
def test_stream_unary_of_many_requests(mode: Mode, service: type[Echo]) -> None:
    with stub_of(mode, service) as stub:
        requests = (stub.pb.EchoJoinRequest(text=str(number)) for number in range(2000))
        assert stub.Join(requests).text == " ".join(map(str, range(2000)))


@services
def test_stream_stream(mode: Mode, service: type[Echo]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.Chat(words(stub, "a", "b", "c"))
        assert [reply.text for reply in replies] == ["A", "B", "C"]


@services
def test_stream_stream_answers_before_the_next_question(mode: Mode, service: type[Echo]) -> None:
    """Ping-pong: the client sends a message only when it has the answer to the one before."""
    with stub_of(mode, service) as stub:
        questions: queue.Queue[Any] = queue.Queue()
        answers = []
        texts = iter(["a", "b", "c"])
        questions.put(stub.pb.EchoChatRequest(text=next(texts)))
        for reply in stub.options(timeout=10).Chat(iter(questions.get, None)):
            answers.append(reply.text)
            text = next(texts, None)
            questions.put(None if text is None else stub.pb.EchoChatRequest(text=text))
        assert answers == ["A", "B", "C"]


@services
def test_two_calls_run_at_once(mode: Mode, service: type[Echo]) -> None:
    with stub_of(mode, service) as stub:
        calls = [
            stub.method("Say").future(stub.pb.EchoSayRequest(text=str(number)))
            for number in range(50)
        ]
        assert [call.result().text for call in calls] == [str(number) for number in range(50)]


@services
def test_the_client_may_leave_a_stream_early(mode: Mode, service: type[Echo]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.Spell(text="x" * 5000)
        assert next(replies).text == "x"
        replies.cancel()
        assert stub.Say(text="still here").text == "STILL HERE"
        with pytest.raises(grpc.RpcError):
            list(replies)
