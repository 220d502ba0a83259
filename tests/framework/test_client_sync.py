"""The client for threads: the same calls without ``await``."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from declared import Contract
from django_socio_grpc.client import EOF, SyncClient
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from talks import AsyncTalk, SyncTalk


@pytest.fixture(params=[SyncTalk, AsyncTalk])
def talk(request: pytest.FixtureRequest, mode: Mode) -> Iterator[Any]:
    """The service's methods at a server."""
    contract = Contract(request.param)
    with serve(mode, contract.hook) as server, SyncClient() as client:
        yield client.protos(contract.file).TalkController.at(server.target, timeout=20)


def test_one_reply(talk: Any) -> None:
    assert talk.Say(text="hi").text == "hi"
    assert talk.Say({"text": "hi"}, metadata={"x-mood": "!"}).text == "hi!"
    reply, call = talk.Say.with_call(text="hi")
    assert reply.text == "hi"
    assert ("x-end", "well") in call.trailing_metadata()


def test_an_error_is_grpcs_own(talk: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        talk.Say(text="no")
    assert caught.value.code() is StatusCode.FAILED_PRECONDITION


def test_a_deadline(talk: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        talk.Sleep(count=100, timeout=0.1)
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED


def test_a_stream_of_replies(talk: Any) -> None:
    assert [reply.count for reply in talk.Count(count=3)] == [0, 1, 2]
    call = talk.Count(count=1)
    assert call.receive().count == 0
    for _ in range(2):
        with pytest.raises(EOF):
            call.receive()
    assert call.code() is StatusCode.OK
    assert call.details() == ""
    assert ("x-end", "well") in call.trailing_metadata()
    assert call.initial_metadata() is not None
    assert call.done()
    with pytest.raises(TypeError, match="given with it"):
        call.send(count=1)


def test_a_stream_of_requests(talk: Any) -> None:
    assert talk.Sum([{"count": 1}, {"count": 2}]).count == 3
    reply, call = talk.Sum.with_call({"count": n} for n in range(4))
    assert reply.count == 6
    assert call.code() is StatusCode.OK
    call = talk.Sum()
    call.send(count=4)
    call.send({"count": 5})
    call.done_writing()
    assert call.receive().count == 9
    with pytest.raises(EOF):
        call.receive()
    with pytest.raises(TypeError, match="iterable"):
        talk.Sum.with_call()
    with pytest.raises(TypeError, match="stream of replies"):
        talk.Count.with_call(count=1)


def test_both_ends_are_streams(talk: Any) -> None:
    assert [reply.text for reply in talk.Chat([{"text": "a"}, {"text": "b"}])] == ["a", "b"]
    with talk.Chat() as call:
        call.send(text="a")
        assert call.receive().text == "a"
        call.send(text="b")
        call.done_writing()
        assert [reply.text for reply in call] == ["b"]


def test_one_thread_sends_while_another_receives(talk: Any) -> None:
    words = [str(number) for number in range(500)]
    call = talk.Chat()

    def send() -> None:
        for word in words:
            call.send(text=word)
        call.done_writing()

    sending = threading.Thread(target=send)
    sending.start()
    assert [reply.text for reply in call] == words
    sending.join()


def test_sending_to_a_call_that_is_over(talk: Any) -> None:
    call = talk.Chat()
    call.send(text="bye")
    with pytest.raises(EOF):
        call.receive()
    with pytest.raises(EOF):
        call.send(text="hello?")
    call = talk.Chat()
    call.send(text="no")
    with pytest.raises(grpc.RpcError):
        call.receive()
    with pytest.raises(grpc.RpcError) as caught:
        call.send(text="hello?")
    assert caught.value.code() is StatusCode.FAILED_PRECONDITION
    call = talk.Chat()
    call.done_writing()
    with pytest.raises(RuntimeError, match="done_writing"):
        call.send(text="a")


def test_who_waits_to_send_wakes_when_the_call_ends(talk: Any) -> None:
    call = talk.Chat()
    call.send(text="no")
    with pytest.raises((grpc.RpcError, EOF)):
        for _ in range(100_000):
            call.send(text="more")


def test_a_call_is_cancelled(talk: Any) -> None:
    call = talk.Chat()
    assert not call.done()
    assert call.cancel()
    assert call.code() is StatusCode.CANCELLED
    with talk.Chat() as call:
        pass
    assert call.code() is StatusCode.CANCELLED


def failing() -> Iterator[Any]:
    yield {"count": 1}
    raise LookupError("no more")


def test_an_error_of_the_requests_iterator_is_the_callers(talk: Any) -> None:
    with pytest.raises(LookupError, match="no more"):
        talk.Sum(failing())
    with pytest.raises(ValueError, match="cuont"):
        talk.Sum([{"cuont": 1}])
    with pytest.raises(ValueError, match="txt"):
        list(talk.Chat([{"txt": "a"}]))
