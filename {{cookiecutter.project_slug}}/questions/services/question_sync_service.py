"""The questions service for the sync server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django_socio_grpc import generics
from django_socio_grpc.context import Context
from django_socio_grpc.decorators import grpc_action
from rest_framework.permissions import AllowAny

from questions.answers import leading_choices, reply_text
from questions.grpc import questions_pb2
from questions.models import Question
from questions.serializers import QuestionProtoSerializer, SubmissionReportProtoSerializer
from questions.submission import SubmissionReport


class QuestionSyncService(generics.ModelService):
    """Questions of polls: to write and to read, to submit in bulk, and to ask."""

    service_name = "Question"
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
    def Stream(
        self, request: Iterator[questions_pb2.QuestionStreamRequest], context: Context
    ) -> Iterator[questions_pb2.QuestionStreamResponse]:
        """Answer each question with its leading choice, as soon as it is asked."""
        for question in request:
            choice = leading_choices(question.question_text).first()
            yield questions_pb2.QuestionStreamResponse(
                response=reply_text(question.question_text, choice)
            )

    @grpc_action(
        request=QuestionProtoSerializer,
        response=SubmissionReportProtoSerializer,
        request_stream=True,
    )
    def BulkSubmit(
        self, request: Iterator[questions_pb2.QuestionRequest], context: Context
    ) -> Any:
        """Take in any number of questions, and report which of them were accepted."""
        report = SubmissionReport()
        for question in request:
            report.submit(QuestionProtoSerializer(message=question))
        return SubmissionReportProtoSerializer(report).message
