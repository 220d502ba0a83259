"""What is asked, and what can be answered."""

from django.db import models
from django.utils import timezone


class Question(models.Model):
    """A question of a poll."""

    question_text = models.CharField(
        max_length=200, unique=True, help_text="The question as it is asked."
    )
    pub_date = models.DateTimeField(
        "date published",
        default=timezone.now,
        help_text="When it was published; now, unless it is given.",
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.question_text


class Choice(models.Model):
    """One answer that a question offers."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="choices")
    choice_text = models.CharField(max_length=200)
    votes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "choice_text"], name="choice_once_per_question"
            )
        ]

    def __str__(self) -> str:
        return self.choice_text
