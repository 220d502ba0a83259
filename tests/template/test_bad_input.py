"""Bad answers: one line on standard error, an exit code that is not 0, and nothing left behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = "{{cookiecutter.project_slug}}"
BAD_SLUGS = {
    "my-polls": "is not made of lower-case letters",
    "My Polls": "try 'my_polls'",
    "1polls": "is not made of lower-case letters",
    "polls_": "try 'polls'",
    "_polls": "try 'polls'",
    "größe": "try 'grosse'",
    "a/b": "try 'a_b'",
    "../outside": "try 'outside'",
    "a\\b": "try 'a_b'",
    "!": "is not made of lower-case letters",
    "": "is not made of lower-case letters",
    "a" * 51: "at most 50",
    "class": "is a keyword of Python; try 'class_service'",
    "match": "is a keyword of Python",
    "json": "shadows a module of Python's standard library; try 'json_service'",
    "django": "shadows a package that the project imports",
    "grpc": "shadows a package that the project imports",
    "django_socio_grpc": "is the name of one of the project's own packages",
    "config": "is the name of one of the project's own packages",
    "questions": "is the name of one of the project's own packages",
}
BAD_TEXTS = [
    ("project_name", 'Polls "2"', 'has one of the characters " \\ { } < > `; leave it out'),
    ("project_name", "", "is empty; type a text"),
    ("description", "line\nbreak", "has a line break or another control character"),
    ("description", "back\\slash", "has one of the characters"),
    ("description", "a {brace}", "has one of the characters"),
    ("author_name", "<b>Ann</b>", "has one of the characters"),
    ("author_name", "   ", "is empty"),
    ("author_email", "ann", "author_email='ann' is not name@host"),
    ("license", "GPL-3.0", "license='GPL-3.0' is unknown; type MIT, BSD-3-Clause, Apache-2.0"),
    ("license", "mit", "license='mit' is unknown"),
]


def generate(template: Path, folder: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    """Run cookiecutter as a user does, in ``folder``, with a home of its own beside it."""
    home = folder.with_name("home")
    home.mkdir()
    folder.mkdir()
    given = [f"{name}={value}" for name, value in answers.items()]
    return subprocess.run(
        [sys.executable, "-m", "cookiecutter", str(template), "--no-input", *given],
        cwd=folder,
        env={**os.environ, "HOME": str(home), "USERPROFILE": str(home)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def assert_refused(
    result: subprocess.CompletedProcess[str], folder: Path, name: str, message: str
) -> None:
    assert result.returncode != 0
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {name}=")
    assert message in line
    assert os.listdir(folder) == []
    assert sorted(os.listdir(folder.parent)) == ["home", "out"]


@pytest.mark.parametrize(("slug", "message"), BAD_SLUGS.items())
def test_a_bad_slug(template: Path, tmp_path: Path, slug: str, message: str) -> None:
    folder = tmp_path / "out"
    result = generate(template, folder, project_slug=slug)
    assert_refused(result, folder, "project_slug", message)


@pytest.mark.parametrize(("name", "text", "message"), BAD_TEXTS)
def test_a_bad_text(template: Path, tmp_path: Path, name: str, text: str, message: str) -> None:
    folder = tmp_path / "out"
    # The slug is given, or an empty name would be refused for the slug that follows from it.
    result = generate(template, folder, **{"project_slug": "polls", name: text})
    assert_refused(result, folder, name, message)


def test_a_folder_that_is_there_is_not_touched(template: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert generate(template, folder, project_slug="polls").returncode == 0
    before = sorted(path for path in folder.rglob("*"))
    second = subprocess.run(
        [sys.executable, "-m", "cookiecutter", str(template), "--no-input", "project_slug=polls"],
        cwd=folder,
        env={**os.environ, "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
    )
    assert second.returncode != 0
    assert "already exists" in second.stdout
    assert sorted(path for path in folder.rglob("*")) == before


def test_the_next_commands_are_printed(template: Path, tmp_path: Path) -> None:
    result = generate(template, tmp_path / "out", project_slug="polls")
    assert result.returncode == 0, result.stderr
    commands = [line.strip() for line in result.stdout.splitlines() if line.startswith("  ")]
    assert [command.split("  ")[0] for command in commands] == [
        "cd polls",
        "make run-aio",
        "make clients",
    ]


def test_caches_of_the_template_are_not_passed_on(template: Path, tmp_path: Path) -> None:
    used = copy_of(template, tmp_path)
    for name in ("config/__pycache__/env.pyc", ".mypy_cache/3.11/cache.db", ".ruff_cache/x"):
        path = used / FOLDER / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"{{ \x93")
    result = generate(used, tmp_path / "out", project_slug="polls")
    assert result.returncode == 0, result.stdout + result.stderr
    project = tmp_path / "out/polls"
    assert [path for path in project.rglob("*") if "cache" in path.name.lower()] == []


@pytest.mark.parametrize("name", [".env", ".venv", "db.sqlite3"])
def test_private_files_of_the_template_are_not_passed_on(
    template: Path, tmp_path: Path, name: str
) -> None:
    used = copy_of(template, tmp_path)
    (used / FOLDER / name).write_text("SECRET_KEY=mine\n")
    result = generate(used, tmp_path / "out", project_slug="polls")
    assert result.returncode != 0
    assert result.stderr == (
        f"error: {name} in the template's folder would be copied; remove them there.\n"
    )
    assert os.listdir(tmp_path / "out") == []


def copy_of(template: Path, tmp_path: Path) -> Path:
    """Return a checkout of the template that a test may write to."""
    return Path(shutil.copytree(template, tmp_path / "used"))
