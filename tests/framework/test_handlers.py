"""The functions that handlers may be, and the instance that each call has, on both servers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from declared import code_of, stub_of
from django.db import transaction
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from tag_actions import AsyncTags, SyncTags

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class Threaded(Service):
    """``sync_to_async`` as a decorator, on either side of ``grpc_action``."""

    service_name = "Threaded"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    @sync_to_async
    def Below(self, request: Any, context: Any) -> Any:
        """Count."""
        return self.pb.ThreadedBelowResponse(text=f"{request.text} {Tag.objects.count()}")

    @sync_to_async
    @grpc_action(request=TEXT, response=TEXT)
    def Above(self, request: Any, context: Any) -> Any:
        return self.pb.ThreadedAboveResponse(text=f"{request.text} {Tag.objects.count()}")


class Louder(Threaded):
    async def Below(self, request: Any, context: Any) -> Any:
        reply = await super().Below(request, context)
        return self.pb.ThreadedBelowResponse(text=f"{reply.text}!")


@pytest.mark.django_db(transaction=True)
def test_sync_to_async_is_a_decorator_of_handlers(mode: Mode) -> None:
    with stub_of(mode, Threaded) as stub:
        assert (stub.Below(text="a").text, stub.Above(text="b").text) == ("a 0", "b 0")
    with stub_of(mode, Louder) as stub:
        assert stub.Below(text="a").text == "a 0!"


@pytest.mark.django_db(transaction=True)
def test_sync_to_async_on_an_override(mode: Mode) -> None:
    class Tags(AsyncTags):
        @sync_to_async
        def Retrieve(self, request: Any, context: Any) -> Any:
            return self.get_serializer(self.get_object()).message

    tag = Tag.objects.create(label="one")
    with stub_of(mode, Tags) as stub:
        assert stub.Retrieve(id=tag.pk).label == "one"


@pytest.mark.django_db(transaction=True)
def test_a_handler_may_have_decorators_of_djangos(mode: Mode) -> None:
    class Tags(SyncTags):
        @grpc_action(request=TEXT, response=TEXT)
        @transaction.atomic
        def Twice(self, request: Any, context: Any) -> Any:
            for _ in range(2):
                Tag.objects.create(label=request.text)

        @transaction.atomic
        def Create(self, request: Any, context: Any) -> Any:
            return super().Create(request, context)

    with stub_of(mode, Tags) as stub:
        assert code_of(lambda: stub.Twice(text="a")) is StatusCode.ALREADY_EXISTS
        assert not Tag.objects.exists()
        assert stub.Create(label="a").label == "a"


made: list[Service] = []


class Counted(Service):
    service_name = "Counted"
    pb: Any

    def __init__(self, **initkwargs: Any) -> None:
        super().__init__(**initkwargs)
        made.append(self)

    def note(self, request: Any, context: Any, action: str) -> None:
        assert self.request is request
        assert self.context is context
        assert self.action == action
        assert not hasattr(self, "of_this_call")
        self.of_this_call = True

    @grpc_action(request=TEXT, response=TEXT)
    def Once(self, request: Any, context: Any) -> Any:
        self.note(request, context, "Once")
        return self.pb.CountedOnceResponse(text=request.text)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Many(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.note(request, context, "Many")
        async for message in self.request:
            yield self.pb.CountedManyResponse(text=message.text)


def test_each_call_has_an_instance_of_its_own(mode: Mode) -> None:
    with stub_of(mode, Counted) as stub:
        made.clear()
        assert [stub.Once(text=text).text for text in "ab"] == ["a", "b"]
        replies = stub.Many(stub.pb.CountedManyRequest(text=text) for text in "cd")
        assert [reply.text for reply in replies] == ["c", "d"]
    assert len(made) == 3


class Caller(Service):
    service_name = "Caller"
    asked = 0
    pb: Any

    @grpc_action(response=TEXT)
    def Who(self, request: Any, context: Any) -> Any:
        self.perform_authentication()
        return self.pb.CallerWhoResponse(text=f"{context.user} by {self.context.auth}")


class Asking:
    def authenticate(self, context: Any) -> Any:
        Caller.asked += 1
        return "ada", "token"


class Authenticating(Caller):
    authentication_classes = [Asking]


class Resolving(Caller):
    def resolve_user(self) -> Any:
        return "ada", "token"


class AsyncResolving(Caller):
    async def resolve_user(self) -> Any:
        return "ada", "token"


class Performing(Caller):
    def perform_authentication(self) -> None:
        self.context.user, self.context.auth = "ada", "token"


class Before(Caller):
    async def before_action(self) -> None:
        await super().before_action()
        self.context.user, self.context.auth = "ada", "token"


@pytest.mark.parametrize(
    "service", [Authenticating, Resolving, AsyncResolving, Performing, Before]
)
def test_a_service_may_say_itself_who_calls(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert stub.Who().text == "ada by token"


def test_authentication_is_done_once_in_a_call(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Caller, "asked", 0)
    with stub_of(mode, Authenticating) as stub:
        stub.Who()
    assert Caller.asked == 1
