"""What travels between the questions service and its clients."""

from django_socio_grpc import proto_serializers
from rest_framework import serializers

from questions.models import Question


class QuestionProtoSerializer(proto_serializers.ModelProtoSerializer):
    """A question of a poll."""

    class Meta:
        model = Question
        fields = ["id", "question_text", "pub_date"]


class RejectionProtoSerializer(proto_serializers.ProtoSerializer):
    """A submitted question that was not accepted."""

    position = serializers.IntegerField(help_text="Its place in the stream, from 1.")
    question_text = serializers.CharField(help_text="The question as it was submitted.")
    reason = serializers.CharField(help_text="Why it was not accepted.")


class SubmissionReportProtoSerializer(proto_serializers.ProtoSerializer):
    """What became of the questions of a bulk submission."""

    accepted = serializers.IntegerField(help_text="How many questions were accepted.")
    ids = serializers.ListField(
        child=serializers.BigIntegerField(), help_text="The ids that the accepted ones have now."
    )
    rejections = RejectionProtoSerializer(many=True, help_text="The others, each with its reason.")
