"""The questions service for the aio server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django_socio_grpc import generics
from django_socio_grpc.context import Context
from django_socio_grpc.decorators import grpc_action
from rest_framework.permissions import AllowAny

from questions.answers import leading_choices, reply_text
from questions.grpc import questions_pb2
from questions.models import Question
from questions.serializers import QuestionProtoSerializer, SubmissionReportProtoSerializer
from questions.submission import SubmissionReport


class QuestionService(generics.AsyncModelService):
    """Questions of polls: to write and to read, to submit in bulk, and to ask."""

    queryset = Question.objects.all()
    serializer_class = QuestionProtoSerializer
    # An example, open to everybody. Say here who may call yours.
    permission_classes = [AllowAny]

    @grpc_action(
        request=[{"name": "question_text", "type": "string"}],
        response=[{"name": "response", "type": "string"}],
        request_stream=True,
        response_stream=True,
    )
    async def Stream(
        self, request: AsyncIterator[questions_pb2.QuestionStreamRequest], context: Context
    ) -> AsyncIterator[questions_pb2.QuestionStreamResponse]:
        """Answer each question with its leading choice, as soon as it is asked."""
        async for question in request:
            choice = await leading_choices(question.question_text).afirst()
            yield questions_pb2.QuestionStreamResponse(
                response=reply_text(question.question_text, choice)
            )

    @grpc_action(
        request=QuestionProtoSerializer,
        response=SubmissionReportProtoSerializer,
        request_stream=True,
    )
    async def BulkSubmit(
        self, request: AsyncIterator[questions_pb2.QuestionRequest], context: Context
    ) -> Any:
        """Take in any number of questions, and report which of them were accepted."""
        report = SubmissionReport()
        async for question in request:
            await sync_to_async(report.submit)(QuestionProtoSerializer(message=question))
        return await SubmissionReportProtoSerializer(report).amessage
