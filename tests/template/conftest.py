"""The template as a git repository of its own, and projects baked from it."""

import shutil
from pathlib import Path

import pytest

from scripts.bake import bake, snapshot
from tests.template.run import git


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user clones: the files that git lists, committed to a repository without a remote."""
    folder = snapshot(tmp_path_factory.mktemp("template") / "dsg-template")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=The template")
    return folder


@pytest.fixture(scope="session")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the default answers, to read: no test writes to it."""
    return bake(template, tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def workspace(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, to run things in."""
    return bake(template, tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    """One more, to edit."""
    return Path(shutil.copytree(project, tmp_path / "copy"))
