"""Demo data: the questions of the Django tutorial, and a few in their spirit."""

import json
from pathlib import Path

from questions.models import Choice, Question

QUESTIONS = Path(__file__).with_name("questions.json")


def load() -> None:
    """Add what ``questions.json`` lists and is not there yet; what is there stays as it is."""
    for entry in json.loads(QUESTIONS.read_text(encoding="utf-8")):
        question, _ = Question.objects.get_or_create(
            question_text=entry["question_text"],
            defaults={"pub_date": entry["pub_date"]},
        )
        for choice_text, votes in entry["choices"].items():
            Choice.objects.get_or_create(
                question=question, choice_text=choice_text, defaults={"votes": votes}
            )
