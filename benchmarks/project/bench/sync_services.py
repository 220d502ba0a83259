"""What is measured, for a sync server."""

from typing import Any

from django_socio_grpc import generics, mixins
from django_socio_grpc.decorators import grpc_action
from google.protobuf.empty_pb2 import Empty

from bench.grpc import bench_pb2
from bench.models import Question
from bench.serializers import QuestionProtoSerializer
from bench.waiting import wait

TEXT = [{"name": "text", "type": "string"}]
SECONDS = [{"name": "seconds", "type": "double"}]


class CallService(generics.GenericService):
    @grpc_action(request=TEXT, response=TEXT)
    def Echo(self, request: Any, context: Any) -> Any:
        return bench_pb2.CallEchoResponse(text=request.text)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Any:
        for message in request:
            yield bench_pb2.CallChatResponse(text=message.text)

    @grpc_action(request=SECONDS)
    def Wait(self, request: Any, context: Any) -> Any:
        wait(request.seconds)
        return Empty()


class QuestionService(generics.GenericService, mixins.RetrieveModelMixin, mixins.CreateModelMixin):
    queryset = Question.objects.all()
    serializer_class = QuestionProtoSerializer


SERVICES = [CallService, QuestionService]
