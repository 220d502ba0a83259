"""The text that the demo clients print when a call fails."""

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata

from clients.session import count, run, status


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


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ("failed to connect to all addresses; last error: ...", "No server answers at host:1."),
        ("The database restarts.", "The call to host:1 failed with UNAVAILABLE: The database"),
    ],
)
def test_unavailable_is_no_server_only_without_a_connection(
    capsys: pytest.CaptureFixture[str], details: str, expected: str
) -> None:
    def fail(channel: grpc.Channel) -> None:
        raise AioRpcError(grpc.StatusCode.UNAVAILABLE, Metadata(), Metadata(), details)

    async def never(channel: grpc.aio.Channel) -> None:
        raise AssertionError("the sync demo was asked for")

    assert run("", fail, never, ["--target", "host:1", "--stub", "sync"]) == 1
    assert capsys.readouterr().err.startswith(expected)


def test_one_is_singular() -> None:
    assert [count(number, "question") for number in (0, 1, 2)] == [
        "0 questions",
        "1 question",
        "2 questions",
    ]
