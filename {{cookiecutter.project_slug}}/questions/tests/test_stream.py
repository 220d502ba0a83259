"""Asking questions on a bidirectional stream, on both servers."""

import asyncio
from collections.abc import AsyncIterator
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
from django_socio_grpc.testing import RunningServer

from questions.grpc import questions_pb2, questions_pb2_grpc
from questions.models import Question

TIMEOUT = 10.0


@pytest.fixture(autouse=True)
def question(transactional_db: None) -> Question:
    question = Question.objects.create(question_text="What's up?")
    for choice_text, votes in [("Not much", 4), ("The sky", 9), ("Just hacking again", 7)]:
        question.choices.create(choice_text=choice_text, votes=votes)
    return question


def ask(stub: Any, *texts: str) -> list[str]:
    requests = [questions_pb2.QuestionStreamRequest(question_text=text) for text in texts]
    return [reply.response for reply in stub.Stream(iter(requests), timeout=TIMEOUT)]


def test_a_known_question_is_answered_with_its_leading_choice(stub: Any) -> None:
    assert ask(stub, "What's up?") == ["What's up?: The sky (9 votes)"]


def test_of_choices_with_equal_votes_the_older_one_leads(stub: Any, question: Question) -> None:
    question.choices.update(votes=0)

    assert ask(stub, "What's up?") == ["What's up?: Not much (0 votes)"]


def test_an_unknown_question_gets_the_simple_answer(stub: Any) -> None:
    assert ask(stub, "Do you work ?") == ["Do you work ?: I don't know i am only a simple stream"]


def test_a_question_without_choices_gets_the_simple_answer(stub: Any) -> None:
    Question.objects.create(question_text="What's new?")

    assert ask(stub, "What's new?") == ["What's new?: I don't know i am only a simple stream"]


def test_there_is_one_answer_to_each_question_in_order(stub: Any) -> None:
    texts = [f"Question {n}?" for n in range(50)]

    assert [reply.partition(":")[0] for reply in ask(stub, *texts)] == texts


def test_no_question_no_answer(stub: Any) -> None:
    assert ask(stub) == []


def test_each_answer_comes_before_the_next_question_is_asked(
    stub: Any, question: Question
) -> None:
    requests = SimpleQueue[questions_pb2.QuestionStreamRequest | None]()
    call = stub.Stream(iter(requests.get, None), timeout=TIMEOUT)
    wanted = questions_pb2.QuestionStreamRequest(question_text="What's up?")

    requests.put(wanted)
    assert next(call).response == "What's up?: The sky (9 votes)"
    question.choices.filter(choice_text="Not much").update(votes=99)
    requests.put(wanted)
    assert next(call).response == "What's up?: Not much (99 votes)"
    requests.put(None)
    assert list(call) == []
    assert call.code() is grpc.StatusCode.OK


def test_write_and_read_style(grpc_server: RunningServer) -> None:
    async def converse() -> list[str]:
        async with grpc.aio.insecure_channel(grpc_server.target) as channel:
            call = questions_pb2_grpc.QuestionControllerStub(channel).Stream(timeout=TIMEOUT)
            replies = []
            for text in ["What's up?", "Do you work ?"]:
                await call.write(questions_pb2.QuestionStreamRequest(question_text=text))
                replies.append((await call.read()).response)
            await call.done_writing()
            assert await call.read() is grpc.aio.EOF
            return replies

    assert asyncio.run(converse()) == [
        "What's up?: The sky (9 votes)",
        "Do you work ?: I don't know i am only a simple stream",
    ]


def test_a_client_that_hangs_up_leaves_the_server_at_work(stub: Any) -> None:
    requests = SimpleQueue[questions_pb2.QuestionStreamRequest | None]()
    call = stub.Stream(iter(requests.get, None), timeout=TIMEOUT)
    requests.put(questions_pb2.QuestionStreamRequest(question_text="What's up?"))
    next(call)
    call.cancel()
    requests.put(None)

    assert call.code() is grpc.StatusCode.CANCELLED
    assert ask(stub, "What's up?") == ["What's up?: The sky (9 votes)"]


def test_client_of_the_streaming_document(
    grpc_server: RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The client of the streaming document, with the names of this project and its target."""

    async def main() -> None:
        async with grpc.aio.insecure_channel(grpc_server.target) as channel:
            stub = questions_pb2_grpc.QuestionControllerStub(channel)

            async def generate_requests() -> AsyncIterator[questions_pb2.QuestionStreamRequest]:
                yield questions_pb2.QuestionStreamRequest(question_text="Do you like gRPC ?")
                yield questions_pb2.QuestionStreamRequest(question_text="Do you work ?")
                yield questions_pb2.QuestionStreamRequest(question_text="Do you do something ?")

            async for response_message in stub.Stream(generate_requests()):
                print(f"Server responded: {response_message.response}")

    asyncio.run(main())

    assert capsys.readouterr().out.splitlines() == [
        f"Server responded: {text}: I don't know i am only a simple stream"
        for text in ["Do you like gRPC ?", "Do you work ?", "Do you do something ?"]
    ]
