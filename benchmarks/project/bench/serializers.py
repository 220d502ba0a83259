"""Serializers as an app has them. ``proto_class`` is what the peer needs."""

from typing import Any

from django_socio_grpc import proto_serializers

from bench.grpc import bench_pb2
from bench.models import DelayedQuestion, Question

FIELDS = ["id", "question_text", "pub_date"]


class QuestionProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Question
        fields = FIELDS
        proto_class = bench_pb2.QuestionResponse
        proto_class_list = bench_pb2.QuestionListResponse


class PagedQuestionProtoSerializer(QuestionProtoSerializer):
    """The same in a list that has a count."""

    class Meta(QuestionProtoSerializer.Meta):
        proto_class = bench_pb2.PagedQuestionResponse
        proto_class_list = bench_pb2.PagedQuestionListResponse


class CustomQuestionProtoSerializer(proto_serializers.ModelProtoSerializer):
    """One whose representation nobody can know beforehand."""

    class Meta:
        model = Question
        fields = FIELDS
        proto_class = bench_pb2.CustomQuestionResponse

    def to_representation(self, instance: Any) -> Any:
        row = super().to_representation(instance)
        row["question_text"] = row["question_text"].upper()
        return row


class DelayedQuestionProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = DelayedQuestion
        fields = FIELDS
        proto_class = bench_pb2.DelayedQuestionResponse
