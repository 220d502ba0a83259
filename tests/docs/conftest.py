"""A scratch project, and pages run in it."""

import shutil
from pathlib import Path

import pytest

from tests.docs.scratch import PROJECT


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A project like the one of the examples, to be changed by a page."""
    source = Path(__file__).with_name("project")
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(source, tmp_path / "project", ignore=ignored))


@pytest.fixture
def plain(scratch: Path) -> Path:
    """The same project before it has anything of gRPC."""
    settings = scratch / "config/settings.py"
    lines = settings.read_text().splitlines(keepends=True)
    ours = ("django_socio_grpc", "GRPC_FRAMEWORK")
    settings.write_text("".join(line for line in lines if not any(name in line for name in ours)))
    for name in ("config/handlers.py", "library/serializers.py", "library/services.py"):
        (scratch / name).unlink()
    return scratch


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """The template's folder, which is a project that runs as it is."""
    left_out = ("packages", ".venv", ".env", "*.sqlite3*", ".*_cache", "__pycache__")
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(*left_out))
    (project / ".env").write_text("DEBUG=true\n")
    return project
