"""The async and the sync service: one contract, and each runs on either server."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django_socio_grpc.services import AppHandlerRegistry, Service
from django_socio_grpc.testing import Mode, serve

from questions.grpc import questions_pb2, questions_pb2_grpc
from questions.models import Question
from questions.services.question_service import QuestionService
from questions.services.question_sync_service import QuestionSyncService

TIMEOUT = 10.0
CONTRACT = Path(questions_pb2.__file__).with_name("questions.proto")

both_variants = pytest.mark.parametrize("service", [QuestionService, QuestionSyncService])


def hook_for(service: type[Service]) -> Callable[[Any], None]:
    def hook(server: Any) -> None:
        AppHandlerRegistry("questions", server).register(service)

    return hook


@both_variants
def test_declares_the_committed_contract(service: type[Service]) -> None:
    framework = {**settings.GRPC_FRAMEWORK, "ROOT_HANDLERS_HOOK": hook_for(service)}
    out = StringIO()
    with override_settings(GRPC_FRAMEWORK=framework):
        call_command("generateproto", dry_run=True, stdout=out)

    assert out.getvalue().strip() == CONTRACT.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("mode", ["aio", "sync"])
@both_variants
def test_runs_on_either_server(service: type[Service], mode: Mode, transactional_db: None) -> None:
    with serve(mode, hook_for(service)) as server, server.channel() as channel:
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
