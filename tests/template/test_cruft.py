"""Projects follow the template by cruft: create, check and update, with the user's edits kept."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bake import bake
from tests.template.run import git

# What the template itself says, and no answer or machine.
SHARED = ["_copy_without_render", "_new_lines"]
FOLDER = "{{cookiecutter.project_slug}}"


def cruft(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cruft", *arguments], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def upstream(template: Path, tmp_path: Path) -> Path:
    """A clone of the template that a test may add commits to; it has no remote of its own."""
    folder = tmp_path / "upstream"
    git(tmp_path, "clone", "--quiet", str(template), str(folder))
    git(folder, "remote", "remove", "origin")
    return folder


def change_upstream(upstream: Path) -> None:
    """Add a target to the Makefile and a file, as a new release of the template would."""
    makefile = upstream / FOLDER / "Makefile"
    makefile.write_text(makefile.read_text() + "\n.PHONY: news\nnews: ## New\n\t@echo news\n")
    (upstream / FOLDER / "NEWS.md").write_text("For {{ cookiecutter.project_name }}\n")
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "--message=A new release")


def edit_project(project: Path) -> None:
    """Edit a file that the template changes as well, and commit it with everything else."""
    makefile = project / "Makefile"
    makefile.write_text(makefile.read_text().replace("PYTHON ?= python3", "PYTHON ?= python3.13"))
    (project / "own.py").write_text("mine = True\n")
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=Mine")


def assert_updates(project: Path, upstream: Path) -> None:
    """Check that the project takes over a new release and keeps what its user changed."""
    edit_project(project)
    up_to_date = cruft(project, "check")
    assert up_to_date.returncode == 0, up_to_date.stdout + up_to_date.stderr
    change_upstream(upstream)
    assert cruft(project, "check").returncode == 1

    updated = cruft(project, "update", "--skip-apply-ask")
    assert updated.returncode == 0, updated.stdout + updated.stderr
    makefile = (project / "Makefile").read_text()
    assert "PYTHON ?= python3.13" in makefile
    assert "news: ## New" in makefile
    assert (project / "NEWS.md").read_text() == "For Ann's polls\n"
    assert (project / "own.py").read_text() == "mine = True\n"
    assert list(project.rglob("*.rej")) == []
    assert cruft(project, "check").returncode == 0
    recorded = json.loads((project / ".cruft.json").read_text())
    assert recorded["commit"] == git(upstream, "rev-parse", "HEAD").strip()


@pytest.mark.timeout(120)
def test_a_project_made_by_cruft(upstream: Path, tmp_path: Path) -> None:
    answers = json.dumps({"project_name": "Ann's polls"})
    created = cruft(tmp_path, "create", str(upstream), "--no-input", "--extra-context", answers)
    assert created.returncode == 0, created.stdout + created.stderr
    assert_updates(tmp_path / "ann_s_polls", upstream)


@pytest.mark.timeout(120)
def test_a_project_made_by_plain_cookiecutter(upstream: Path, tmp_path: Path) -> None:
    assert_updates(bake(upstream, tmp_path / "out", project_name="Ann's polls"), upstream)


def test_the_record_names_the_remote_and_no_credentials(upstream: Path, tmp_path: Path) -> None:
    git(upstream, "remote", "add", "origin", "https://ann:secret@git.example/dsg-template.git")
    project = bake(upstream, tmp_path / "out")
    recorded = json.loads((project / ".cruft.json").read_text())
    assert recorded["template"] == "https://git.example/dsg-template.git"
    assert recorded["commit"] == git(upstream, "rev-parse", "HEAD").strip()
    answers = recorded["context"]["cookiecutter"]
    assert [name for name in answers if name.startswith("_")] == SHARED
    assert str(upstream) not in json.dumps(recorded)


def test_a_template_that_is_no_checkout_leaves_no_record(template: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    subprocess.run(["cp", "-R", str(template), str(folder)], check=True)
    subprocess.run(["rm", "-rf", str(folder / ".git")], check=True)
    assert not (bake(folder, tmp_path / "out") / ".cruft.json").exists()
