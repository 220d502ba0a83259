"""The services of the async-support document, with generated contracts.

Put right: the pause of ``StreamEvents`` is short. ``test_seeds_base_service`` has them word for
word, on a contract that is written by hand.

Not here, because it is a part of its own (configuration, ``rungrpc``, API keys):
``DjangoConfig``/``GRPCConfig``, ``rungrpc`` with its options, and the comparison of throughput
and memory, which is for benchmarks to measure.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django_socio_grpc import services
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from example_models import Event, Log, Message, User
from grpc import StatusCode

pytestmark = pytest.mark.django_db(transaction=True)

USER_ID: list[FieldDict] = [{"name": "user_id", "type": "int64"}]
USER: list[FieldDict] = [{"name": "id", "type": "int64"}, {"name": "name", "type": "string"}]
EVENT: list[FieldDict] = [
    *USER_ID,
    {"name": "type", "type": "string"},
    {"name": "data", "type": "string"},
]
LOG: list[FieldDict] = [{"name": "message", "type": "string"}, {"name": "level", "type": "string"}]
TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class BaseService(services.BaseService):
    pb: Any


class SyncUserService(BaseService):
    service_name = "User"

    @grpc_action(request=USER_ID, response=USER, response_name="UserResponse")
    def GetUser(self, request: Any, context: Any) -> Any:
        # Standard sync code - works on async server
        db_user = User.objects.get(id=request.user_id)
        return self.pb.UserResponse(id=db_user.id, name=db_user.name)


class ThreadUserService(SyncUserService):
    async def GetUser(self, request: Any, context: Any) -> Any:
        # Wrap Django ORM in asyncio.to_thread
        db_user = await asyncio.to_thread(User.objects.get, id=request.user_id)

        return self.pb.UserResponse(id=db_user.id, name=db_user.name)


class HelperUserService(SyncUserService):
    async def _get_user_async(self, user_id: int) -> User:
        """Helper to get user async."""
        return await asyncio.to_thread(User.objects.get, id=user_id)

    async def GetUser(self, request: Any, context: Any) -> Any:
        user = await self._get_user_async(request.user_id)
        return self.pb.UserResponse(id=user.id, name=user.name)


class NativeUserService(SyncUserService):
    """What the document's time had not: Django's own async ORM."""

    async def GetUser(self, request: Any, context: Any) -> Any:
        user = await User.objects.aget(id=request.user_id)
        return self.pb.UserResponse(id=user.id, name=user.name)


@pytest.mark.parametrize(
    "service", [SyncUserService, ThreadUserService, HelperUserService, NativeUserService]
)
def test_get_user(mode: Mode, service: type[Service]) -> None:
    user = User.objects.create(name="Ada")
    with stub_of(mode, service) as stub:
        reply = stub.GetUser(user_id=user.pk)
        with pytest.raises(grpc.RpcError) as caught:
            stub.GetUser(user_id=user.pk + 1)
    assert (reply.id, reply.name) == (user.pk, "Ada")
    assert caught.value.code() is StatusCode.NOT_FOUND


class AwaitedUserService(SyncUserService):
    async def GetUser(self, request: Any, context: Any) -> Any:
        user = await User.objects.get(id=request.user_id)
        return self.pb.UserResponse(id=user.id, name=user.name)


def test_a_query_on_the_loop_does_not_work(mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    """ "Won't work", says the document; the log says why."""
    with stub_of(mode, AwaitedUserService) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.GetUser(user_id=1)
    assert caught.value.code() is StatusCode.INTERNAL
    assert "SynchronousOnlyOperation" in caplog.text


class StreamUserService(BaseService):
    @grpc_action(request=[], response=USER, response_name="UserResponse", response_stream=True)
    async def StreamUsers(self, request: Any, context: Any) -> AsyncIterator[Any]:
        # Server-side streaming
        users = await asyncio.to_thread(lambda: list(User.objects.order_by("id")[:100]))

        for user in users:
            yield self.pb.UserResponse(id=user.id, name=user.name)
            await asyncio.sleep(0)  # Yield control to event loop


def test_stream_users(mode: Mode) -> None:
    User.objects.bulk_create(User(name=f"user {number}") for number in range(120))
    with stub_of(mode, StreamUserService) as stub:
        names = [reply.name for reply in stub.StreamUsers()]
    assert names == [f"user {number}" for number in range(100)]


class EventService(BaseService):
    @grpc_action(
        request=USER_ID, response=EVENT, response_name="EventResponse", response_stream=True
    )
    async def StreamEvents(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """Stream events to client."""
        while not context.cancelled():
            # Get events from DB
            events = await asyncio.to_thread(
                lambda: Event.objects.filter(user_id=request.user_id)[:10]
            )

            for event in events:
                yield self.pb.EventResponse(
                    user_id=event.user_id, type=event.type, data=event.data
                )

            await asyncio.sleep(0.05)


class WatchedEventService(EventService):
    ended = threading.Event()

    async def StreamEvents(self, request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            async for event in super().StreamEvents(request, context):
                yield event
        finally:
            self.ended.set()


@pytest.mark.parametrize("user_id", [1, 2], ids=["with events", "without any"])
def test_stream_events_until_the_client_is_gone(mode: Mode, user_id: int) -> None:
    Event.objects.create(user_id=1, type="login", data="{}")
    WatchedEventService.ended.clear()
    with stub_of(mode, WatchedEventService) as stub:
        events = stub.StreamEvents(user_id=user_id)
        if user_id == 1:
            assert [next(events).type for _ in range(3)] == ["login"] * 3
        else:
            time.sleep(0.2)
        assert not WatchedEventService.ended.is_set()
        events.cancel()
        assert WatchedEventService.ended.wait(5)


class LogService(BaseService):
    @grpc_action(
        request=LOG,
        request_name="LogEntry",
        response=[{"name": "logs_received", "type": "int32"}],
        response_name="UploadResponse",
        request_stream=True,
    )
    async def UploadLogs(self, request_iterator: Any, context: Any) -> Any:
        """Receive stream of logs from client."""
        count = 0
        async for log_entry in request_iterator:
            # Process each log entry
            await asyncio.to_thread(
                Log.objects.create,
                message=log_entry.message,
                level=log_entry.level,
            )
            count += 1

        return self.pb.UploadResponse(logs_received=count)


@pytest.mark.parametrize("number", [0, 40])
def test_upload_logs(mode: Mode, number: int) -> None:
    with stub_of(mode, LogService) as stub:
        entries = (stub.pb.LogEntry(message=str(n), level="INFO") for n in range(number))
        assert stub.UploadLogs(entries).logs_received == number
    messages = Log.objects.order_by("id").values_list("message", flat=True)
    assert list(messages) == [str(n) for n in range(number)]


class ChatService(BaseService):
    @grpc_action(
        request=[*TEXT, *USER_ID],
        request_name="ChatMessage",
        response=[*TEXT, {"name": "timestamp", "type": "int64"}],
        response_name="ChatResponse",
        request_stream=True,
        response_stream=True,
    )
    async def Chat(self, request_iterator: Any, context: Any) -> AsyncIterator[Any]:
        """Bidirectional chat stream."""
        async for message in request_iterator:
            # Process incoming message
            await asyncio.to_thread(
                Message.objects.create,
                text=message.text,
                user_id=message.user_id,
            )

            # Send response
            yield self.pb.ChatResponse(
                text=f"Received: {message.text}",
                timestamp=int(time.time()),
            )


def test_chat(mode: Mode) -> None:
    def said(stub: Stub) -> Any:
        return (stub.pb.ChatMessage(text=text, user_id=7) for text in ("one", "two"))

    with stub_of(mode, ChatService) as stub:
        replies = list(stub.Chat(said(stub)))
    assert [reply.text for reply in replies] == ["Received: one", "Received: two"]
    assert all(abs(reply.timestamp - time.time()) < 60 for reply in replies)
    assert list(Message.objects.order_by("id").values_list("text", "user_id")) == [
        ("one", 7),
        ("two", 7),
    ]
