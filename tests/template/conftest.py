"""The template as a git repository of its own, and projects baked from it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.bake import bake, snapshot
from tests.template.run import git


@pytest.fixture(scope="session", autouse=True)
def types_known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have mypy check once what is the same in all projects: most of it is packages' and ours.

    What it keeps goes by the contents of files: what a project has of its own is checked anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYPY_CACHE_DIR", str(tmp_path_factory.mktemp("mypy")))
        yield


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
