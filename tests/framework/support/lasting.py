"""Streams that last: some that say something now and then, some that wait for ever."""

import asyncio
import threading
from typing import Any

from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from policies import TEXT

PAUSE = 0.05


class SyncLasting(Service):
    service_name = "Lasting"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Tick(self, request: Any, context: Any) -> Any:
        over = self._over(context)
        while True:
            yield self.pb.LastingTickResponse(text="tick")
            over.wait(PAUSE)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Wait(self, request: Any, context: Any) -> Any:
        yield self.pb.LastingWaitResponse(text="begun")
        self._over(context).wait()

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Any:
        yield self.pb.LastingChatResponse(text="begun")
        for message in request:
            yield self.pb.LastingChatResponse(text=message.text)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        context.send_initial_metadata([("begun", "yes")])
        return self.pb.LastingUploadResponse(text=str(len(list(request))))

    def _over(self, context: Any) -> threading.Event:
        over = threading.Event()
        context.add_done_callback(over.set)
        return over


class AsyncLasting(SyncLasting):
    async def Tick(self, request: Any, context: Any) -> Any:
        while True:
            yield self.pb.LastingTickResponse(text="tick")
            await asyncio.sleep(PAUSE)

    async def Wait(self, request: Any, context: Any) -> Any:
        yield self.pb.LastingWaitResponse(text="begun")
        await asyncio.Event().wait()

    async def Chat(self, request: Any, context: Any) -> Any:
        yield self.pb.LastingChatResponse(text="begun")
        async for message in request:
            yield self.pb.LastingChatResponse(text=message.text)

    async def Upload(self, request: Any, context: Any) -> Any:
        await context.send_initial_metadata([("begun", "yes")])
        return self.pb.LastingUploadResponse(text=str(len([each async for each in request])))
