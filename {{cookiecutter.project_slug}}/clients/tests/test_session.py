"""The text that the demo clients print when a call fails."""

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata

from clients.session import status


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (
            '{"question_text": [{"message": "This field may not be blank.", "code": "blank"}]}',
            "INVALID_ARGUMENT: question_text: This field may not be blank.",
        ),
        (
            '{"a": [{"message": "One.", "code": "x"}, {"message": "Two.", "code": "y"}], '
            '"b": [{"message": "Three.", "code": "z"}]}',
            "INVALID_ARGUMENT: a: One., Two.; b: Three.",
        ),
        ('{"message": "Gone.", "code": "not_found"}', "INVALID_ARGUMENT: Gone."),
        ("plain text", "INVALID_ARGUMENT: plain text"),
        ("", "INVALID_ARGUMENT: "),
        (None, "INVALID_ARGUMENT: "),
    ],
)
def test_status_is_one_readable_line(details: str | None, expected: str) -> None:
    error = AioRpcError(grpc.StatusCode.INVALID_ARGUMENT, Metadata(), Metadata(), details)

    assert status(error) == expected
