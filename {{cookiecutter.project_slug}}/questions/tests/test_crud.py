"""Creating, reading, changing and deleting questions over the wire, on both servers."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from questions.grpc import questions_pb2
from questions.models import Question

TIMEOUT = 10.0
NEW_YEAR = datetime(2025, 1, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def question(transactional_db: None) -> Question:
    return Question.objects.create(question_text="What's up?", pub_date=NEW_YEAR)


def test_create_stores_a_question(stub: Any) -> None:
    request = questions_pb2.QuestionRequest(
        question_text="What's new?", pub_date="2025-01-01T12:30:00Z"
    )
    response = stub.Create(request, timeout=TIMEOUT)

    stored = Question.objects.get()
    assert response == questions_pb2.QuestionResponse(
        id=stored.pk, question_text="What's new?", pub_date="2025-01-01T12:30:00Z"
    )
    assert (stored.question_text, stored.pub_date) == ("What's new?", NEW_YEAR)


def test_create_without_a_date_publishes_now(stub: Any) -> None:
    before = timezone.now()
    stub.Create(questions_pb2.QuestionRequest(question_text="And now?"), timeout=TIMEOUT)

    assert before <= Question.objects.get().pub_date <= timezone.now()


def test_create_keeps_text_of_any_script(stub: Any) -> None:
    question_text = "¿Qué tal? 最近怎么样? 🙂"
    response = stub.Create(
        questions_pb2.QuestionRequest(question_text=question_text), timeout=TIMEOUT
    )

    assert response.question_text == question_text
    assert Question.objects.get().question_text == question_text


def test_retrieve_returns_one_question(stub: Any, question: Question) -> None:
    response = stub.Retrieve(
        questions_pb2.QuestionRetrieveRequest(id=question.pk), timeout=TIMEOUT
    )

    assert (response.id, response.question_text) == (question.pk, "What's up?")
    assert parse_datetime(response.pub_date) == NEW_YEAR


def test_update_replaces_every_field(stub: Any, question: Question) -> None:
    request = questions_pb2.QuestionRequest(
        id=question.pk, question_text="What's down?", pub_date="2026-02-03T04:05:06Z"
    )
    response = stub.Update(request, timeout=TIMEOUT)

    question.refresh_from_db()
    assert response.question_text == question.question_text == "What's down?"
    assert question.pub_date == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_update_without_a_date_keeps_the_date(stub: Any, question: Question) -> None:
    request = questions_pb2.QuestionRequest(id=question.pk, question_text="What's down?")
    stub.Update(request, timeout=TIMEOUT)

    question.refresh_from_db()
    assert (question.question_text, question.pub_date) == ("What's down?", NEW_YEAR)


def test_partial_update_changes_only_the_fields_that_it_names(
    stub: Any, question: Question
) -> None:
    request = questions_pb2.QuestionPartialUpdateRequest(
        id=question.pk,
        question_text="Not named, so not changed",
        pub_date="2026-02-03T04:05:06Z",
        _partial_update_fields=["pub_date"],
    )
    response = stub.PartialUpdate(request, timeout=TIMEOUT)

    question.refresh_from_db()
    assert response.question_text == question.question_text == "What's up?"
    assert question.pub_date == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_list_returns_every_question_in_the_order_of_creation(stub: Any) -> None:
    Question.objects.bulk_create(
        Question(question_text=f"Question {n}?", pub_date=NEW_YEAR - timedelta(days=n))
        for n in range(25)
    )
    response = stub.List(questions_pb2.QuestionListRequest(), timeout=TIMEOUT)

    assert [q.question_text for q in response.results] == [f"Question {n}?" for n in range(25)]


def test_list_of_no_questions_is_empty(stub: Any) -> None:
    assert not stub.List(questions_pb2.QuestionListRequest(), timeout=TIMEOUT).results


def test_destroy_deletes_the_question_and_its_choices(stub: Any, question: Question) -> None:
    question.choices.create(choice_text="Not much")
    stub.Destroy(questions_pb2.QuestionDestroyRequest(id=question.pk), timeout=TIMEOUT)

    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("rpc", "request_message"),
    [
        ("Retrieve", questions_pb2.QuestionRetrieveRequest(id=404)),
        ("Update", questions_pb2.QuestionRequest(id=404, question_text="Nobody?")),
        (
            "PartialUpdate",
            questions_pb2.QuestionPartialUpdateRequest(
                id=404, question_text="Nobody?", _partial_update_fields=["question_text"]
            ),
        ),
        ("Destroy", questions_pb2.QuestionDestroyRequest(id=404)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unknown_id_is_not_found(
    stub: Any, question: Question, rpc: str, request_message: Any
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        getattr(stub, rpc)(request_message, timeout=TIMEOUT)

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert "404" in (caught.value.details() or "")
    assert Question.objects.get() == question


@pytest.mark.parametrize("rpc", ["Create", "Update"])
@pytest.mark.parametrize(
    ("fields", "wrong", "code"),
    [
        ({"question_text": ""}, "question_text", "blank"),
        ({"question_text": "x" * 201}, "question_text", "max_length"),
        ({"question_text": "Taken?"}, "question_text", "unique"),
        ({"question_text": "When?", "pub_date": "yesterday"}, "pub_date", "invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_fields_are_named_with_the_reason(
    stub: Any, question: Question, rpc: str, fields: dict[str, str], wrong: str, code: str
) -> None:
    Question.objects.create(question_text="Taken?")
    with pytest.raises(grpc.RpcError) as caught:
        getattr(stub, rpc)(
            questions_pb2.QuestionRequest(id=question.pk, **fields), timeout=TIMEOUT
        )

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    errors = json.loads(caught.value.details() or "")
    assert [error["code"] for error in errors[wrong]] == [code]
    assert list(errors) == [wrong]
    assert Question.objects.count() == 2
