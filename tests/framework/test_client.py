"""The client for asyncio: calls of each kind, against sync and async handlers on both servers."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
import pytest
from declared import Contract
from django_socio_grpc.client import EOF, Client
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from talks import AsyncTalk, SyncTalk

Talk = Callable[..., Any]
Run = Callable[[Callable[[Any, str], Awaitable[Any]]], Any]


@pytest.fixture(params=[SyncTalk, AsyncTalk])
def run(request: pytest.FixtureRequest, mode: Mode) -> Iterator[Run]:
    """Run a coroutine function with the contract and the target of a server."""
    contract = Contract(request.param)

    with serve(mode, contract.hook) as server:

        async def main(test: Callable[[Any, str], Awaitable[Any]]) -> Any:
            async with Client() as client:
                return await asyncio.wait_for(
                    test(client.protos(contract.file), server.target), 20
                )

        yield lambda test: asyncio.run(main(test))


def test_one_reply_to_fields_a_dict_or_a_message(run: Run) -> None:
    async def test(protos: Any, target: str) -> list[str]:
        say = protos.TalkController.Say
        replies = [
            await say(target, text="hi"),
            await say(target, {"text": "hi"}),
            await say(target, {"text": "no"}, text="hi"),
            await say(target, protos.TalkSayRequest(text="hi")),
        ]
        return [reply.text for reply in replies]

    assert run(test) == ["hi"] * 4


def test_a_reply_knows_its_status_and_its_trailers(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        call = protos.TalkController.Say(target, text="hi")
        assert (await call).text == "hi"
        assert await call.code() is StatusCode.OK
        assert dict(await call.trailing_metadata())["x-end"] == "well"

    run(test)


def test_metadata_of_pairs_or_a_dict(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        say = protos.TalkController.Say
        assert (await say(target, text="hi", metadata={"x-mood": "!"})).text == "hi!"
        assert (await say(target, text="hi", metadata=[("x-mood", "?")])).text == "hi?"
        reply = await say(target, metadata={"x-mood": {"good": True}})
        assert json.loads(reply.text) == {"good": True}

    run(test)


def test_a_deadline(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            await protos.TalkController.Sleep(target, count=100, timeout=0.1)
        assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED

    run(test)


def test_an_error_is_grpcs_own(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            await protos.TalkController.Say(target, text="no")
        assert caught.value.code() is StatusCode.FAILED_PRECONDITION
        assert "It said no." in str(caught.value.details())

    run(test)


def test_a_stream_of_replies(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        count = protos.TalkController.Count
        assert [reply.count async for reply in count(target, count=3)] == [0, 1, 2]
        call = await count(target, count=1)
        assert (await call.receive()).count == 0
        for _ in range(2):
            with pytest.raises(EOF):
                await call.receive()
        assert await call.code() is StatusCode.OK
        assert await call.details() == ""
        assert dict(await call.trailing_metadata())["x-end"] == "well"
        assert await call.initial_metadata() is not None
        assert call.done()

    run(test)


async def generate() -> AsyncIterator[Any]:
    for number in (1, 2, 3):
        yield {"count": number}


def test_a_stream_of_requests(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        sum_of = protos.TalkController.Sum
        assert (await sum_of(target, [{"count": 1}, protos.TalkSumRequest(count=2)])).count == 3
        assert (await sum_of(target, generate())).count == 6
        call = await sum_of(target)
        await call.send(count=4)
        await call.send({"count": 5})
        await call.done_writing()
        assert (await call.receive()).count == 9
        with pytest.raises(EOF):
            await call.receive()

    run(test)


def test_both_ends_are_streams(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        chat = protos.TalkController.Chat
        given = [{"text": "a"}, {"text": "b"}]
        assert [reply.text async for reply in chat(target, given)] == ["a", "b"]
        async with await chat(target) as call:
            await call.send(text="a")
            assert (await call.receive()).text == "a"
            await call.send(protos.TalkChatRequest(text="b"))
            await call.done_writing()
            assert [reply.text async for reply in call] == ["b"]

    run(test)


def test_sending_to_a_call_that_is_over(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        chat = protos.TalkController.Chat
        call = await chat(target)
        await call.send(text="bye")
        with pytest.raises(EOF):
            await call.receive()
        with pytest.raises(EOF):
            await call.send(text="hello?")
        call = await chat(target)
        await call.send(text="no")
        with pytest.raises(grpc.RpcError):
            await call.receive()
        with pytest.raises(grpc.RpcError) as caught:
            await call.send(text="hello?")
        assert caught.value.code() is StatusCode.FAILED_PRECONDITION
        call = await chat(target)
        await call.done_writing()
        with pytest.raises(RuntimeError, match="done_writing"):
            await call.send(text="a")

    run(test)


def test_a_call_is_cancelled(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        call = await protos.TalkController.Chat(target)
        assert not call.done()
        assert call.cancel()
        assert await call.code() is StatusCode.CANCELLED
        assert not call.cancel()
        async with await protos.TalkController.Chat(target) as call:
            pass
        assert await call.code() is StatusCode.CANCELLED

    run(test)


async def failing() -> AsyncIterator[Any]:
    yield {"count": 1}
    raise LookupError("no more")


def test_an_error_of_the_requests_iterator_is_the_callers(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        with pytest.raises(LookupError, match="no more"):
            await protos.TalkController.Sum(target, failing())
        with pytest.raises(ValueError, match="cuont"):
            await protos.TalkController.Sum(target, [{"cuont": 1}])
        with pytest.raises(ValueError, match="txt"):
            async for _ in protos.TalkController.Chat(target, [{"txt": "a"}]):
                pass

    run(test)


def test_methods_without_their_target(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        stub = protos.TalkController.at(target, metadata={"x-mood": "!"})
        assert (await stub.Say(text="hi")).text == "hi!"
        assert (await stub.with_options(timeout=5).Say({"text": "hi"})).text == "hi!"
        assert (await stub.Say(text="hi", metadata={"x-other": "?"})).text == "hi!"
        assert (await stub.with_options(metadata=[("x-mood", "?")]).Say(text="hi")).text == "hi?"
        assert [reply.count async for reply in stub.Count(count=2)] == [0, 1]
        assert "Chat" in dir(stub)

    run(test)


def test_a_stream_of_requests_is_none_of_fields(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        for wrong in ({"count": 1}, protos.TalkSumRequest(), "text", 5):
            with pytest.raises(TypeError, match="stream of requests"):
                protos.TalkController.Sum(target, wrong)
        with pytest.raises(TypeError, match="stream of requests"):
            protos.TalkController.Sum(target, count=1)

    run(test)


def test_nobody_is_there(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        for call in (
            protos.TalkController.Say("127.0.0.1:1", text="hi"),
            protos.TalkController.Chat("127.0.0.1:1"),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                await call
            assert caught.value.code() is StatusCode.UNAVAILABLE

    run(test)


def test_the_status_survives_a_write_to_a_call_that_has_ended(run: Run) -> None:
    """grpc.aio replaces it by "INTERNAL: Internal error from Core" if the two meet."""

    async def test(protos: Any, target: str) -> None:
        endings = set()
        for requests in (None, [{"text": "no"}, *[{"text": "more"}] * 50]):
            for _ in range(50):
                call = protos.TalkController.Chat(target, requests)
                with pytest.raises(grpc.RpcError) as caught:
                    if requests is None:
                        await call.send(text="no")
                        while True:
                            await call.send(text="more")
                    async for _ in call:
                        pass
                endings.add(caught.value.code())
                endings.add(await call.code())
                assert "It said no." in str(caught.value.details())
                assert "It said no." in await call.details()
        assert endings == {StatusCode.FAILED_PRECONDITION}

    run(test)


def test_a_good_end_survives_a_write_to_a_call_that_has_ended(run: Run) -> None:
    async def test(protos: Any, target: str) -> None:
        for _ in range(50):
            call = await protos.TalkController.Chat(target)
            await call.send(text="bye")
            with pytest.raises(EOF):
                while True:
                    await call.send(text="more")
            with pytest.raises(EOF):
                await call.receive()
            assert await call.code() is StatusCode.OK

    run(test)
