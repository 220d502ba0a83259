"""Taking in questions in bulk: the part that is the same in the sync and the async service."""

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError

from questions.serializers import QuestionProtoSerializer


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One question that was not accepted. ``position`` counts from 1."""

    position: int
    question_text: str
    reason: str


@dataclass(slots=True)
class SubmissionReport:
    """What became of the questions of one stream, in the order in which they came."""

    ids: list[int] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return len(self.ids)

    def submit(self, serializer: QuestionProtoSerializer) -> None:
        """Store one question, or note why it cannot be accepted."""
        try:
            serializer.is_valid(raise_exception=True)
            with transaction.atomic():
                question = serializer.save()
            self.ids.append(question.pk)
        except ValidationError:
            errors = serializer.errors.items()
            self._reject(serializer, "; ".join(f"{k}: {text}" for k, v in errors for text in v))
        except IntegrityError:
            # Another client submitted the same text between the check and the insert.
            self._reject(serializer, "question_text: this question already exists.")

    def _reject(self, serializer: QuestionProtoSerializer, reason: str) -> None:
        self.rejections.append(
            Rejection(
                position=len(self.ids) + len(self.rejections) + 1,
                question_text=serializer.initial_data["question_text"],
                reason=reason,
            )
        )
