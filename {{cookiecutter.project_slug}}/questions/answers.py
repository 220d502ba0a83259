"""Answering a question: the part that is the same in the sync and the async service."""

from django.db.models import QuerySet

from questions.models import Choice


def leading_choices(question_text: str) -> QuerySet[Choice]:
    """The choices of a question, the one with the most votes first; none for an unknown one."""
    return Choice.objects.filter(question__question_text=question_text).order_by("-votes", "pk")


def reply_text(question_text: str, choice: Choice | None) -> str:
    """The reply to a question whose leading choice is ``choice``, if it has one."""
    if choice is None:
        return f"{question_text}: I don't know i am only a simple stream"
    return f"{question_text}: {choice.choice_text} ({choice.votes} votes)"
