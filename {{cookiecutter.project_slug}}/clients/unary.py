"""Unary calls: creates a question, reads, changes, lists and deletes it, and fails twice."""

import sys
from collections.abc import Sequence

import grpc
from google.protobuf.message import Message

from clients.session import DEADLINE, count, run, show, status, text, unique
from questions.grpc import questions_pb2, questions_pb2_grpc


def demo(channel: grpc.Channel) -> None:
    stub = questions_pb2_grpc.QuestionControllerStub(channel)

    new = questions_pb2.QuestionRequest(question_text=unique("Who is there?"))
    question = stub.Create(new, timeout=DEADLINE)
    show("Create", new, question)
    wanted = questions_pb2.QuestionRetrieveRequest(id=question.id)
    try:
        show("Retrieve", wanted, stub.Retrieve(wanted, timeout=DEADLINE))

        changed = questions_pb2.QuestionRequest(
            id=question.id, question_text=unique("Who goes there?"), pub_date=question.pub_date
        )
        show("Update", changed, stub.Update(changed, timeout=DEADLINE))

        patch = partial_update(question.id)
        show("PartialUpdate", patch, stub.PartialUpdate(patch, timeout=DEADLINE))

        show_list(stub.List(questions_pb2.QuestionListRequest(), timeout=DEADLINE))
    finally:
        doomed = questions_pb2.QuestionDestroyRequest(id=question.id)
        show("Destroy", doomed, stub.Destroy(doomed, timeout=DEADLINE))

    for rpc, request in failing(wanted):
        try:
            getattr(stub, rpc)(request, timeout=DEADLINE)
        except grpc.RpcError as error:
            show(rpc, request, status(error))


async def aio_demo(channel: grpc.aio.Channel) -> None:
    stub = questions_pb2_grpc.QuestionControllerStub(channel)

    new = questions_pb2.QuestionRequest(question_text=unique("Who is there?"))
    question = await stub.Create(new, timeout=DEADLINE)
    show("Create", new, question)
    wanted = questions_pb2.QuestionRetrieveRequest(id=question.id)
    try:
        show("Retrieve", wanted, await stub.Retrieve(wanted, timeout=DEADLINE))

        changed = questions_pb2.QuestionRequest(
            id=question.id, question_text=unique("Who goes there?"), pub_date=question.pub_date
        )
        show("Update", changed, await stub.Update(changed, timeout=DEADLINE))

        patch = partial_update(question.id)
        show("PartialUpdate", patch, await stub.PartialUpdate(patch, timeout=DEADLINE))

        show_list(await stub.List(questions_pb2.QuestionListRequest(), timeout=DEADLINE))
    finally:
        doomed = questions_pb2.QuestionDestroyRequest(id=question.id)
        show("Destroy", doomed, await stub.Destroy(doomed, timeout=DEADLINE))

    for rpc, request in failing(wanted):
        try:
            await getattr(stub, rpc)(request, timeout=DEADLINE)
        except grpc.RpcError as error:
            show(rpc, request, status(error))


def partial_update(question_id: int) -> questions_pb2.QuestionPartialUpdateRequest:
    """A request that changes the date and leaves the text, which it does not name, alone."""
    return questions_pb2.QuestionPartialUpdateRequest(
        id=question_id, pub_date="2030-01-01T00:00:00Z", _partial_update_fields=["pub_date"]
    )


def failing(wanted: questions_pb2.QuestionRetrieveRequest) -> list[tuple[str, Message]]:
    """Two calls that must fail: for a question that is gone, and with a text that is empty."""
    return [("Retrieve", wanted), ("Create", questions_pb2.QuestionRequest(question_text=""))]


def show_list(questions: questions_pb2.QuestionListResponse) -> None:
    print("List()")
    print(f"    {count(len(questions.results), 'question')}, the last of which is")
    print(f"    {text(questions.results[-1])}")


def main(arguments: Sequence[str] | None = None) -> int:
    return run(__doc__, demo, aio_demo, arguments)


if __name__ == "__main__":
    sys.exit(main())
