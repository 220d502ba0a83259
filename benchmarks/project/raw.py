"""The floor: handlers written by hand on grpc.aio, as a careful engineer would write them.

``python raw.py PORT``
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import django
import grpc

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from bench.grpc import bench_pb2, bench_pb2_grpc  # noqa: E402
from bench.models import Question  # noqa: E402

STREAMED = 10_000


def response(question: Question) -> bench_pb2.QuestionResponse:
    return bench_pb2.QuestionResponse(
        id=question.pk,
        question_text=question.question_text,
        pub_date=question.pub_date.isoformat(),
    )


class Call(bench_pb2_grpc.CallControllerServicer):
    async def Echo(self, request: Any, context: Any) -> Any:
        return bench_pb2.CallEchoResponse(text=request.text)

    async def Chat(self, request: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        async for message in request:
            yield bench_pb2.CallChatResponse(text=message.text)


class Questions(bench_pb2_grpc.QuestionControllerServicer):
    async def Retrieve(self, request: Any, context: Any) -> Any:
        return response(await Question.objects.aget(pk=request.id))


class Thousand(bench_pb2_grpc.ThousandControllerServicer):
    async def List(self, request: Any, context: Any) -> Any:
        queryset = Question.objects.filter(id__lte=1000)
        return bench_pb2.QuestionListResponse(results=[response(row) async for row in queryset])


class Rows(bench_pb2_grpc.RowsControllerServicer):
    """A synthetic stream: what the transport alone can do."""

    async def Stream(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for number in range(1, STREAMED + 1):
            yield bench_pb2.QuestionResponse(
                id=number,
                question_text=f"Question {number}: how many calls a second?",
                pub_date="2026-01-01T12:00:00.123456Z",
            )


async def serve(port: str) -> None:
    server = grpc.aio.server()
    bench_pb2_grpc.add_CallControllerServicer_to_server(Call(), server)
    bench_pb2_grpc.add_QuestionControllerServicer_to_server(Questions(), server)
    bench_pb2_grpc.add_ThousandControllerServicer_to_server(Thousand(), server)
    bench_pb2_grpc.add_RowsControllerServicer_to_server(Rows(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
