"""A service with an rpc of each kind, in both colours, for the tests of clients."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from declared import Contract
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import FailedPrecondition
from django_socio_grpc.services import Service

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
COUNT: list[FieldDict] = [{"name": "count", "type": "int32"}]


class Talk(Service):
    service_name = "Talk"
    pb: Any


class SyncTalk(Talk):
    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any:
        """What was said, and the ``x-mood`` that it was said in. "no" is refused."""
        if request.text == "no":
            raise FailedPrecondition("It said no.")
        sent = dict(context.invocation_metadata())
        context.set_trailing_metadata([("x-end", "well")])
        return self.pb.TalkSayResponse(text=f"{request.text}{sent.get('x-mood', '')}")

    @grpc_action(request=COUNT, response=COUNT, response_stream=True)
    def Count(self, request: Any, context: Any) -> Iterator[Any]:
        context.set_trailing_metadata([("x-end", "well")])
        for number in range(request.count):
            yield self.pb.TalkCountResponse(count=number)

    @grpc_action(request=COUNT, response=COUNT, request_stream=True)
    def Sum(self, request: Any, context: Any) -> Any:
        return self.pb.TalkSumResponse(count=sum(each.count for each in request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        """An echo. "no" is refused, "bye" ends it."""
        for each in request:
            if each.text == "no":
                raise FailedPrecondition("It said no.")
            if each.text == "bye":
                return
            yield self.pb.TalkChatResponse(text=each.text)

    @grpc_action(request=COUNT, response=TEXT)
    def Sleep(self, request: Any, context: Any) -> Any:
        """Takes so many hundredths of a second."""
        time.sleep(request.count / 100)
        return self.pb.TalkSleepResponse(text="awake")


class AsyncTalk(SyncTalk):
    async def Say(self, request: Any, context: Any) -> Any:
        return super().Say(request, context)

    async def Count(self, request: Any, context: Any) -> Any:
        for reply in super().Count(request, context):
            yield reply

    async def Sum(self, request: Any, context: Any) -> Any:
        total = 0
        async for each in request:
            total += each.count
        return self.pb.TalkSumResponse(count=total)

    async def Chat(self, request: Any, context: Any) -> Any:
        async for each in request:
            if each.text == "no":
                raise FailedPrecondition("It said no.")
            if each.text == "bye":
                return
            yield self.pb.TalkChatResponse(text=each.text)

    async def Sleep(self, request: Any, context: Any) -> Any:
        await asyncio.sleep(request.count / 100)
        return self.pb.TalkSleepResponse(text="awake")


def talk(service: type[Talk]) -> Contract:
    return Contract(service)
