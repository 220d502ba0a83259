"""Bidirectional streaming: asks one question after the other, and hears each answer at once."""

import sys
from collections.abc import AsyncIterator, Sequence
from queue import SimpleQueue

import grpc

from clients.session import DEADLINE, run
from questions.grpc import questions_pb2, questions_pb2_grpc

QUESTIONS = ["What's up?", "Do you like gRPC ?", "Sync or async?", "What is the answer to life?"]


def demo(channel: grpc.Channel) -> None:
    stub = questions_pb2_grpc.QuestionControllerStub(channel)

    # A queue makes an iterator of requests that another place can add to; None ends it.
    requests = SimpleQueue[questions_pb2.QuestionStreamRequest | None]()
    call = stub.Stream(iter(requests.get, None), timeout=DEADLINE)
    try:
        for question_text in QUESTIONS:
            requests.put(asked(question_text))
            show_answer(next(call))
    finally:
        requests.put(None)
    print(f"The stream ended with {call.code().name}")


async def aio_demo(channel: grpc.aio.Channel) -> None:
    stub = questions_pb2_grpc.QuestionControllerStub(channel)

    async def generate_requests() -> AsyncIterator[questions_pb2.QuestionStreamRequest]:
        for question_text in QUESTIONS[:2]:
            yield asked(question_text)

    async for response in stub.Stream(generate_requests(), timeout=DEADLINE):
        show_answer(response)

    # The other style: write() and read() in any order, done_writing() after the last request.
    call = stub.Stream(timeout=DEADLINE)
    for question_text in QUESTIONS[2:]:
        await call.write(asked(question_text))
        show_answer(await call.read())
    await call.done_writing()
    print(f"The stream ended with {(await call.code()).name}")


def asked(question_text: str) -> questions_pb2.QuestionStreamRequest:
    print(f"Stream <- {question_text}")
    return questions_pb2.QuestionStreamRequest(question_text=question_text)


def show_answer(response: questions_pb2.QuestionStreamResponse) -> None:
    print(f"Stream -> {response.response}")


def main(arguments: Sequence[str] | None = None) -> int:
    return run(__doc__, demo, aio_demo, arguments)


if __name__ == "__main__":
    sys.exit(main())
