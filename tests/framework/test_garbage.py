"""Servers that look for garbage less often than Python does."""

import subprocess
import sys

import pytest
from django_socio_grpc.testing import Mode
from project import Project

STATE = "str((gc.get_threshold()[0], gc.get_freeze_count() > 10_000))"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("project"))
    project.edit("plays/services.py", "import time", "import gc, time")
    project.edit("plays/services.py", '"PlaySayResponse", WORD', f'"PlaySayResponse", {STATE}')
    return project


def test_a_server_searches_seldom_and_not_all(project: Project, mode: Mode) -> None:
    with project.serve(mode) as server, server.stub() as stub:
        assert stub.Say().text == "(10000, True)"


@pytest.mark.parametrize(
    ("before", "after"), [("700, 5, 5", "10000, 5, 5"), ("0", "0, 10, 10"), ("50000", "50000")]
)
def test_a_threshold_that_is_higher_or_off_stays(before: str, after: str) -> None:
    lines = [
        "import gc",
        "from django_socio_grpc.server.garbage import collect_rarely",
        f"gc.set_threshold({before})",
        "collect_rarely()",
        "print(gc.get_threshold())",
    ]
    code = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(code, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"({after}")
