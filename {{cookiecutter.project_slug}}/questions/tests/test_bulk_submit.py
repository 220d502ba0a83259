"""Submitting questions in bulk: over the wire on both servers, and the part that they share."""

from typing import Any

import pytest

from questions.grpc import questions_pb2
from questions.models import Question
from questions.serializers import QuestionProtoSerializer
from questions.submission import SubmissionReport

TIMEOUT = 10.0


def submit(stub: Any, *questions: dict[str, Any]) -> questions_pb2.SubmissionReportResponse:
    requests = (questions_pb2.QuestionRequest(**fields) for fields in questions)
    report: questions_pb2.SubmissionReportResponse = stub.BulkSubmit(requests, timeout=TIMEOUT)
    return report


def test_good_questions_are_accepted(stub: Any) -> None:
    texts = [f"Question {n}?" for n in range(20)]
    report = submit(stub, *({"question_text": text} for text in texts))

    assert report.accepted == 20
    assert not report.rejections
    assert list(report.ids) == list(Question.objects.values_list("pk", flat=True))
    assert list(Question.objects.values_list("question_text", flat=True)) == texts


def test_each_of_the_others_is_reported_with_its_place_and_reason(stub: Any) -> None:
    Question.objects.create(question_text="Known?")
    report = submit(
        stub,
        {"question_text": "First?"},
        {"question_text": ""},
        {"question_text": "Known?"},
        {"question_text": "First?"},
        {"question_text": "When?", "pub_date": "yesterday"},
        {"question_text": "Last?"},
    )

    assert report.accepted == len(report.ids) == 2
    assert [(r.position, r.question_text, r.reason.split(":")[0]) for r in report.rejections] == [
        (2, "", "question_text"),
        (3, "Known?", "question_text"),
        (4, "First?", "question_text"),
        (5, "When?", "pub_date"),
    ]
    assert "blank" in report.rejections[0].reason
    assert "already exists" in report.rejections[1].reason
    assert "already exists" in report.rejections[2].reason
    assert "wrong format" in report.rejections[3].reason
    assert Question.objects.count() == 3


def test_an_empty_stream_is_an_empty_report(stub: Any) -> None:
    assert submit(stub) == questions_pb2.SubmissionReportResponse()


@pytest.mark.django_db
def test_a_question_that_was_taken_after_its_check_is_rejected() -> None:
    """Two clients submit the same question: both pass the check before either is stored."""
    report = SubmissionReport()
    twins = [QuestionProtoSerializer(data={"question_text": "Twins?"}) for _ in range(2)]
    for twin in twins:
        assert twin.is_valid()
    for twin in twins:
        report.submit(twin)

    assert report.accepted == 1
    assert [(r.position, r.question_text) for r in report.rejections] == [(2, "Twins?")]
    assert "already exists" in report.rejections[0].reason
