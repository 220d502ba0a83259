"""Bad answers: one line on standard error, an exit code that is not 0, and nothing left behind."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

FOLDER = "{{cookiecutter.project_slug}}"
BAD_SLUGS = {
    "my-polls": "is not made of lower-case letters",
    "My Polls": "try 'my_polls'",
    "1polls": "try 'polls'",
    "1x": "try 'x'",
    "2json": "try 'json_service'",
    "polls_": "try 'polls'",
    "_polls": "try 'polls'",
    "größe": "try 'grosse'",
    "a/b": "try 'a_b'",
    "../outside": "try 'outside'",
    "a\\b": "try 'a_b'",
    "!": "try 'unnamed'",
    "": "try 'unnamed'",
    "a" * 51: "at most 50",
    "class": "is a keyword of Python; try 'class_service'",
    "match": "is a keyword of Python",
    "json": "shadows a module of Python's standard library; try 'json_service'",
    "django": "shadows a package that the project installs",
    "grpc": "shadows a package that the project installs",
    "pip": "shadows a package that the project installs",
    "jinja2": "shadows a package that the project installs",
    "con": "is the name of a device on Windows; try 'con_service'",
    "lpt1": "is the name of a device on Windows",
    "test": "is the name of one of the project's own folders or packages",
    "tests": "is the name of one of the project's own folders or packages",
    "django_socio_grpc": "is the name of one of the project's own folders or packages",
    "config": "is the name of one of the project's own folders or packages",
    "questions": "is the name of one of the project's own folders or packages",
}
BAD_TEXTS = [
    ("project_name", 'Polls "2"', 'has one of the characters " \\ { } < > `; leave it out'),
    ("project_name", "", "is empty; type a text"),
    ("project_name", "!!!", "project_name='!!!' gives project_slug='', which is not made of"),
    ("project_name", "3D", "project_name='3D' gives project_slug='3d', which is not made of"),
    ("project_name", "Class", "gives project_slug='class', which is a keyword of Python"),
    ("description", "x" * 500 + "<", f"description='{'x' * 60}...' has one of the characters"),
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
    home.mkdir(parents=True)
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
    assert len(line) < 250
    assert line.startswith(f"error: {name}=")
    assert message in line
    assert os.listdir(folder) == []
    assert sorted(os.listdir(folder.parent)) == ["home", "out"]


@pytest.fixture(scope="session")
def accepted() -> set[str]:
    """The slugs that cookiecutter has been seen to take: several bad ones have the same better."""
    return set()


@pytest.mark.parametrize(("slug", "message"), BAD_SLUGS.items())
def test_a_bad_slug_is_refused_and_the_one_that_is_suggested_is_not(
    template: Path, tmp_path: Path, accepted: set[str], slug: str, message: str
) -> None:
    folder = tmp_path / "first/out"
    result = generate(template, folder, project_slug=slug)
    assert_refused(result, folder, "project_slug", message)
    (better,) = re.findall(r"try '(\w+)'", result.stderr)
    if better not in accepted:
        again = generate(template, tmp_path / "again/out", project_slug=better)
        assert again.returncode == 0, again.stderr
        accepted.add(better)


@pytest.mark.parametrize(("name", "text", "message"), BAD_TEXTS)
def test_a_bad_text(template: Path, tmp_path: Path, name: str, text: str, message: str) -> None:
    folder = tmp_path / "out"
    result = generate(template, folder, **{name: text})
    assert_refused(result, folder, name, message)


def test_every_package_that_is_installed_is_a_bad_slug(template: Path) -> None:
    lock = (template / FOLDER / "requirements-dev.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    imported = {
        module
        for module, packages in packages_distributions().items()
        if locked & {name.lower().replace("_", "-").replace(".", "-") for name in packages}
    }
    names = {name.replace("-", "_") for name in locked} | imported
    hook = (template / "hooks/pre_gen_project.py").read_text()
    refused = set(hook.partition('PACKAGES = """')[2].partition('"""')[0].split())
    assert {
        name for name in names if re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    } <= refused


@pytest.mark.parametrize(
    ("start", "arguments"),
    [
        (".", ["dsg"]),
        (".", ["./dsg"]),
        (".", ["./dsg", "--output-dir", "a/b"]),
        ("dsg", ["."]),
        ("dsg", [".", "--output-dir", "../out"]),
        ("side", ["../dsg"]),
    ],
)
def test_a_relative_path_of_the_template(
    template: Path, tmp_path: Path, start: str, arguments: list[str]
) -> None:
    shutil.copytree(template, tmp_path / "dsg")
    (tmp_path / "side").mkdir()
    folder = tmp_path / start
    result = subprocess.run(
        [sys.executable, "-m", "cookiecutter", *arguments, "--no-input"],
        cwd=folder,
        env={**os.environ, "HOME": str(tmp_path), "PWD": str(folder)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (record,) = tmp_path.rglob("polls_and_buildings/.cruft.json")
    assert json.loads(record.read_text())["template"] == str(tmp_path / "dsg")


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
        "make demo-data clients",
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


def test_private_files_of_the_template_are_not_passed_on(template: Path, tmp_path: Path) -> None:
    used = copy_of(template, tmp_path)
    for name in (".env", ".venv/bin/python", "db.sqlite3", "db.sqlite3-wal"):
        (used / FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (used / FOLDER / name).write_text("SECRET_KEY={{ mine")
    result = generate(used, tmp_path / "out", project_slug="polls")
    assert result.returncode == 0, result.stdout + result.stderr
    made = {path.name for path in (tmp_path / "out/polls").iterdir()}
    assert made.isdisjoint({".env", ".venv", "db.sqlite3", "db.sqlite3-wal"})
    assert {".env.example", "config"} <= made


def copy_of(template: Path, tmp_path: Path) -> Path:
    """Return a checkout of the template that a test may write to."""
    return Path(shutil.copytree(template, tmp_path / "used"))
