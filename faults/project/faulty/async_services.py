"""The services of the aio server."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django_socio_grpc import generics, mixins
from django_socio_grpc.apikeys.authentication import APIKeyAuthentication
from django_socio_grpc.apikeys.permissions import HasAPIKeyScope
from django_socio_grpc.context import Context
from django_socio_grpc.decorators import grpc_action

from faulty import faults, state
from faulty.actions import FLOOD, IDS, SECONDS, TEXT
from faulty.grpc import faulty_pb2 as pb
from faulty.models import Sample
from faulty.serializers import SampleProtoSerializer


class CallService(generics.GenericService):
    """Calls of every kind, and those that fail."""

    @grpc_action(request=TEXT, response=TEXT)
    async def Echo(self, request: Any, context: Context) -> Any:
        return pb.CallEchoResponse(text=request.text)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Context) -> AsyncIterator[Any]:
        with state.counted("chats"):
            yield pb.CallChatResponse(text="open")
            async for message in request:
                yield pb.CallChatResponse(text=message.text)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Upload(self, request: Any, context: Context) -> Any:
        count = 0
        async for _ in request:
            count += 1
        return pb.CallUploadResponse(text=str(count))

    @grpc_action(request=SECONDS, response=TEXT, response_stream=True)
    async def Ticks(self, request: Any, context: Context) -> AsyncIterator[Any]:
        with state.counted("ticks"):
            while True:
                yield pb.CallTicksResponse(text="tick")
                await asyncio.sleep(request.seconds)

    @grpc_action(request=FLOOD, response=TEXT, response_stream=True)
    async def Flood(self, request: Any, context: Context) -> AsyncIterator[Any]:
        reply = pb.CallFloodResponse(text="x" * request.size)
        with state.counted("floods"):
            while True:
                state.note("flooded")
                yield reply

    @grpc_action(request=SECONDS, response=TEXT)
    async def Sleep(self, request: Any, context: Context) -> Any:
        with state.counted("sleeps"):
            await asyncio.sleep(request.seconds)
        return pb.CallSleepResponse(text="awake")

    @grpc_action(request=SECONDS, response=TEXT)
    async def Block(self, request: Any, context: Context) -> Any:
        time.sleep(request.seconds)
        return pb.CallBlockResponse(text="awake")

    @grpc_action(request=TEXT, response=TEXT)
    async def Wrong(self, request: Any, context: Context) -> Any:
        return faults.wrong(request.text)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def WrongStream(self, request: Any, context: Context) -> AsyncIterator[Any]:
        yield pb.CallWrongStreamResponse(text="fine so far")
        yield faults.wrong(request.text)

    @grpc_action(response=TEXT)
    async def State(self, request: Any, context: Context) -> Any:
        return pb.CallStateResponse(text=json.dumps(state.counts()))

    @grpc_action(request=SECONDS, response=TEXT)
    async def Query(self, request: Any, context: Context) -> Any:
        await sync_to_async(faults.sleep_in_database)(request.seconds)
        return pb.CallQueryResponse(text="awake")

    @grpc_action(request=IDS, response=TEXT)
    async def Cross(self, request: Any, context: Context) -> Any:
        await sync_to_async(faults.lock_both)(request.first, request.second)
        return pb.CallCrossResponse(text="done")


class SampleService(mixins.AsyncWatchModelMixin, generics.AsyncModelService):
    """Samples, and a watch of them that takes little before it calls a client too slow."""

    queryset = Sample.objects.order_by("pk")
    serializer_class = SampleProtoSerializer
    watch_buffer = 100


class KeyedService(generics.GenericService):
    """A call for those who have a key."""

    authentication_classes = [APIKeyAuthentication]
    permission_classes = [HasAPIKeyScope]

    @grpc_action(request=TEXT, response=TEXT)
    async def Echo(self, request: Any, context: Context) -> Any:
        return pb.KeyedEchoResponse(text=request.text)


SERVICES = [CallService, SampleService, KeyedService]
