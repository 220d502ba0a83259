"""What a handler can say by its context, on both servers."""

from typing import Any

import grpc
import pytest
from asks import services
from declared import stub_of
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode


def pairs(metadata: Any) -> dict[str, Any]:
    """What the handlers have sent; a failure brings the id of its call as well."""
    own = {key: value for key, value in metadata or () if key.startswith("x-")}
    own.pop("x-request-id", None)
    return own


FIRST = {"x-first": "one", "x-bytes-bin": b"\x00\xff"}
LAST = {"x-last": "two"}


@services
@pytest.mark.parametrize("text", ["", "details only", "OK"])
def test_metadata_of_an_answer(mode: Mode, service: type[Service], text: str) -> None:
    with stub_of(mode, service) as stub:
        reply, call = stub.method("Answer").with_call(stub.pb.AskAnswerRequest(text=text))
        assert reply.text == "a"
        assert (pairs(call.initial_metadata()), pairs(call.trailing_metadata())) == (FIRST, LAST)
        assert call.code() is StatusCode.OK


@services
def test_metadata_of_a_stream(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.options(timeout=10).Answers(text="")
        assert pairs(replies.initial_metadata()) == FIRST
        assert [reply.text for reply in replies] == ["a", "b"]
        assert pairs(replies.trailing_metadata()) == LAST


@services
@pytest.mark.parametrize("text", ["code", "abort"])
def test_metadata_of_an_error(mode: Mode, service: type[Service], text: str) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.options(timeout=10).Answer(text=text)
    error: Any = caught.value
    assert (error.code(), error.details()) == (StatusCode.DATA_LOSS, "some of it: ü")
    assert (pairs(error.initial_metadata()), pairs(error.trailing_metadata())) == (FIRST, LAST)


@services
@pytest.mark.parametrize(("text", "read"), [("code", ["a", "b"]), ("abort", ["a"])])
def test_metadata_of_a_stream_that_fails(
    mode: Mode, service: type[Service], text: str, read: list[str]
) -> None:
    letters = []
    with stub_of(mode, service) as stub:
        replies = stub.options(timeout=10).Answers(text=text)
        with pytest.raises(grpc.RpcError) as caught:
            for reply in replies:
                letters.append(reply.text)
    error: Any = caught.value
    assert letters == read
    assert (error.code(), error.details()) == (StatusCode.DATA_LOSS, "some of it: ü")
    assert pairs(error.trailing_metadata()) == LAST
