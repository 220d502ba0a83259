"""What is measured, for an asyncio server."""

from typing import Any

from asgiref.sync import sync_to_async
from django_socio_grpc import generics, mixins
from django_socio_grpc.decorators import grpc_action
from google.protobuf.empty_pb2 import Empty

from bench.grpc import bench_pb2
from bench.models import DelayedQuestion, Question
from bench.policies import Guarded
from bench.serializers import (
    CustomQuestionProtoSerializer,
    DelayedQuestionProtoSerializer,
    PagedQuestionProtoSerializer,
    QuestionProtoSerializer,
)
from bench.waiting import wait

TEXT = [{"name": "text", "type": "string"}]
SECONDS = [{"name": "seconds", "type": "double"}]


class CallService(generics.GenericService):
    @grpc_action(request=TEXT, response=TEXT)
    async def Echo(self, request: Any, context: Any) -> Any:
        return bench_pb2.CallEchoResponse(text=request.text)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> Any:
        async for message in request:
            yield bench_pb2.CallChatResponse(text=message.text)

    @grpc_action(request=SECONDS)
    async def Wait(self, request: Any, context: Any) -> Any:
        await sync_to_async(wait)(request.seconds)
        return Empty()


class QuestionService(
    generics.GenericService, mixins.AsyncRetrieveModelMixin, mixins.AsyncCreateModelMixin
):
    queryset = Question.objects.all()
    serializer_class = QuestionProtoSerializer


class HundredService(generics.AsyncListService):
    queryset = Question.objects.filter(id__lte=100)
    serializer_class = QuestionProtoSerializer


class ThousandService(generics.AsyncListService):
    queryset = Question.objects.filter(id__lte=1000)
    serializer_class = QuestionProtoSerializer


class GuardedService(Guarded, generics.AsyncReadOnlyModelService):
    queryset = Question.objects.order_by("id")
    serializer_class = PagedQuestionProtoSerializer


class CustomService(generics.AsyncRetrieveService):
    queryset = Question.objects.all()
    serializer_class = CustomQuestionProtoSerializer


class DelayedService(generics.AsyncRetrieveService):
    queryset = DelayedQuestion.objects.all()
    serializer_class = DelayedQuestionProtoSerializer


class RowsService(generics.AsyncStreamService):
    queryset = Question.objects.filter(id__lte=10_000)
    serializer_class = QuestionProtoSerializer


SERVICES = [
    CallService,
    QuestionService,
    HundredService,
    ThousandService,
    GuardedService,
    CustomService,
    DelayedService,
    RowsService,
]
