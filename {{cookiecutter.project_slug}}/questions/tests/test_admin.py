"""Questions in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from questions.models import Question

pytestmark = pytest.mark.django_db


def test_questions_are_listed_and_searched(admin_client: Client) -> None:
    Question.objects.create(question_text="What's up?")
    Question.objects.create(question_text="Sync or async?")
    url = reverse("admin:questions_question_changelist")
    page = admin_client.get(url, {"q": "async"}, secure=True).content.decode()

    assert "Sync or async?" in page
    assert "What&#x27;s up?" not in page


def test_a_question_is_edited_with_its_choices(admin_client: Client) -> None:
    question = Question.objects.create(question_text="What's up?")
    question.choices.create(choice_text="Not much", votes=4)
    url = reverse("admin:questions_question_change", args=[question.pk])
    page = admin_client.get(url, secure=True).content.decode()

    assert "What&#x27;s up?" in page
    assert 'value="Not much"' in page
