"""Streams of one's own: the names that handlers have for their messages, and their ends."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from around import Log as Notes
from declared import Stub, begun, stub_of
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import RequestsEnded
from django_socio_grpc.generics import GenericService
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

pytestmark = pytest.mark.django_db(transaction=True)
TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
PATIENCE = 20.0


class Talk(Service):
    service_name = "Talk"
    notes = Notes()
    pb: Any

    def answer(self, request: Any) -> Any:
        return self.pb.TalkChatResponse(text=request.text.upper())


chat = grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)


class SyncYielding(Talk):
    @chat
    def Chat(self, request: Any, context: Any) -> Any:
        for message in request:
            yield self.answer(message)
        yield self.pb.TalkChatResponse(text="bye")


class SyncReceiving(Talk):
    @chat
    def Chat(self, request: Any, context: Any) -> Any:
        try:
            while True:
                context.send(self.answer(context.receive()))
        except RequestsEnded:
            context.send(self.pb.TalkChatResponse(text="bye"))


class AsyncYielding(Talk):
    @chat
    async def Chat(self, request: Any, context: Any) -> Any:
        async for message in request:
            yield self.answer(message)
        yield self.pb.TalkChatResponse(text="bye")


class AsyncReceiving(Talk):
    @chat
    async def Chat(self, request: Any, context: Any) -> Any:
        try:
            while True:
                await context.send(self.answer(await context.receive()))
        except RequestsEnded:
            await context.send(self.pb.TalkChatResponse(text="bye"))


talks = pytest.mark.parametrize(
    "service", [SyncYielding, SyncReceiving, AsyncYielding, AsyncReceiving]
)


def said(stub: Stub, *texts: str) -> Iterator[Any]:
    return (stub.pb.TalkChatRequest(text=text) for text in texts)


@talks
def test_a_handler_goes_on_after_the_client_has_sent_its_last_message(
    mode: Mode, service: type[Talk]
) -> None:
    """Half-close: the client has done writing, and still reads."""
    with stub_of(mode, service) as stub:
        replies = stub.options(timeout=PATIENCE).Chat(said(stub, "a", "b"))
        assert [reply.text for reply in replies] == ["A", "B", "bye"]


@talks
def test_a_client_that_sends_nothing_at_all(mode: Mode, service: type[Talk]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.options(timeout=PATIENCE).Chat(said(stub))
        assert [reply.text for reply in replies] == ["bye"]


class SyncLoop(Talk):
    """Option 2 of the AsyncIO document: a loop without an end of its own."""

    @chat
    def Chat(self, request: Any, context: Any) -> Any:
        while True:
            request = context.receive()
            if request.text:
                context.send(self.answer(request))


class AsyncLoop(Talk):
    @chat
    async def Chat(self, request: Any, context: Any) -> Any:
        while True:
            request = await context.receive()
            if request.text:
                await context.send(self.answer(request))


class SyncYieldingLoop(Talk):
    @chat
    def Chat(self, request: Any, context: Any) -> Any:
        while True:
            yield self.answer(context.receive())


class AsyncYieldingLoop(Talk):
    @chat
    async def Chat(self, request: Any, context: Any) -> Any:
        while True:
            yield self.answer(await context.receive())


@pytest.mark.parametrize("service", [SyncLoop, AsyncLoop, SyncYieldingLoop, AsyncYieldingLoop])
def test_the_last_message_ends_a_loop_that_receives(mode: Mode, service: type[Talk]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.options(timeout=PATIENCE).Chat(said(stub, "a", "b"))
        assert [reply.text for reply in replies] == ["A", "B"]


class SyncUpload(Talk):
    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        while True:
            context.receive()


class AsyncUpload(Talk):
    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Upload(self, request: Any, context: Any) -> Any:
        while True:
            await context.receive()


@pytest.mark.parametrize("service", [SyncUpload, AsyncUpload])
def test_it_does_not_stand_for_the_one_reply_of_an_upload(mode: Mode, service: type[Talk]) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.options(timeout=PATIENCE).Upload(iter([stub.pb.TalkUploadRequest(text="a")]))
    assert caught.value.code() is StatusCode.INTERNAL


class SyncWaiting(Talk):
    """It is in the middle of something when its client leaves."""

    @chat
    def Chat(self, request: Any, context: Any) -> Any:
        try:
            for message in request:
                yield self.answer(message)
        finally:
            self.notes("closed")


class AsyncWaiting(Talk):
    @chat
    async def Chat(self, request: Any, context: Any) -> Any:
        try:
            async for message in request:
                yield self.answer(message)
                await asyncio.sleep(0)
        finally:
            self.notes("closed")


@pytest.mark.parametrize("service", [SyncWaiting, AsyncWaiting])
def test_a_cancel_in_the_middle_of_a_chat_frees_its_handler(
    mode: Mode, service: type[Talk]
) -> None:
    """It waits for a message that never comes, as it does in most of its life."""
    with stub_of(mode, service, max_workers=2) as stub:
        for _ in range(5):  # more than there are workers
            service.notes = Notes()
            leave_a_chat(stub.options(timeout=PATIENCE))
            assert service.notes.wait_for("closed")


def leave_a_chat(stub: Stub) -> None:
    """Cancel a chat after its first answer, while it waits for the next question."""
    release = threading.Event()

    def requests() -> Iterator[Any]:
        yield stub.pb.TalkChatRequest(text="a")
        release.wait(PATIENCE)

    replies, first = begun(lambda: stub.Chat(requests()))
    assert first.text == "A"
    replies.cancel()
    release.set()


class Echoing(GenericService):
    """An async handler that reads and answers at once, in two tasks."""

    service_name = "Talk"
    pb: Any

    @chat
    async def Chat(self, request: Any, context: Any) -> Any:
        async def listen() -> None:
            async for message in request:
                await context.write(self.pb.TalkChatResponse(text=message.text))

        async def tick() -> None:
            for number in range(3):
                await context.write(self.pb.TalkChatResponse(text=str(number)))
                await asyncio.sleep(0.01)

        await asyncio.gather(listen(), tick())


def test_two_tasks_of_a_handler_may_write(mode: Mode) -> None:
    with stub_of(mode, Echoing) as stub:
        replies = stub.options(timeout=PATIENCE).Chat(said(stub, "a", "b"))
        texts = [reply.text for reply in replies]
    assert sorted(texts) == ["0", "1", "2", "a", "b"]
    assert [text for text in texts if text in "ab"] == ["a", "b"]
    assert [text for text in texts if text in "012"] == ["0", "1", "2"]
