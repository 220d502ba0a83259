"""The services of each mode on the other server: any service runs on either."""

from django_socio_grpc.testing import RunningServer

from questions.grpc import questions_pb2, questions_pb2_grpc
from questions.models import Question

TIMEOUT = 10.0


def test_every_kind_of_call(swapped_server: RunningServer) -> None:
    with swapped_server.channel() as channel:
        stub = questions_pb2_grpc.QuestionControllerStub(channel)
        question = questions_pb2.QuestionRequest(question_text="Which variant?")
        created = stub.Create(question, timeout=TIMEOUT)
        listed = stub.List(questions_pb2.QuestionListRequest(), timeout=TIMEOUT)
        report = stub.BulkSubmit(iter([question]), timeout=TIMEOUT)
        asked = questions_pb2.QuestionStreamRequest(question_text="Which variant?")
        answers = list(stub.Stream(iter([asked, asked]), timeout=TIMEOUT))

    assert created.id == Question.objects.get().pk
    assert list(listed.results) == [created]
    assert (report.accepted, len(report.rejections)) == (0, 1)
    assert len(answers) == 2
