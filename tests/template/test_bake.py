"""What a bake gives: the same bytes every time, every name rendered, every answer in its place."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from scripts.bake import bake

ROOT = Path(__file__).parents[2]
TEMPLATE_FOLDER = ROOT / "{{cookiecutter.project_slug}}"
PROMPTS = ["project_name", "project_slug", "description", "author_name", "author_email", "license"]
# Not a bare "{{": Python's f-strings and GitHub's expressions have that too.
JINJA = re.compile(rb"\{[{%#]-?\s*cookiecutter|\{%-?\s*\w|\{#")


def contents(folder: Path) -> dict[str, bytes]:
    """Map every file below ``folder`` to its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_there_are_six_prompts_and_each_is_a_sentence_for_people() -> None:
    questions = json.loads((ROOT / "cookiecutter.json").read_text())
    assert [name for name in questions if not name.startswith("_")] == PROMPTS
    assert list(questions["__prompts__"]) == PROMPTS
    assert all(" " in prompt for prompt in questions["__prompts__"].values())


def test_two_bakes_are_byte_identical(template: Path, project: Path, tmp_path: Path) -> None:
    assert contents(bake(template, tmp_path)) == contents(project)


def test_no_jinja_is_left(project: Path) -> None:
    assert [name for name, data in contents(project).items() if JINJA.search(data)] == []
    assert [name for name in contents(project) if "cookiecutter" in name] == []


def test_no_jinja_is_in_code_contracts_and_workflows() -> None:
    rendered = [
        path.name
        for pattern in ("*.py", "*.pyi", "*.proto", ".github/**/*.yml")
        for path in TEMPLATE_FOLDER.rglob(pattern)
        if "cookiecutter." in path.read_text(encoding="utf-8")
    ]
    assert rendered == []


def test_every_file_of_the_template_is_in_the_project(template: Path, project: Path) -> None:
    expected = set(contents(template / TEMPLATE_FOLDER.name))
    assert set(contents(project)) == expected | {".cruft.json"}


def test_every_line_ends_with_a_line_feed(project: Path) -> None:
    assert [name for name, data in contents(project).items() if b"\r" in data] == []


def test_scripts_stay_executable(project: Path) -> None:
    assert (project / "manage.py").stat().st_mode & 0o111


def test_the_answers_arrive(template: Path, tmp_path: Path) -> None:
    answers = {
        "project_name": "Ann's Pölls & Co",
        "project_slug": "anns_polls",
        "description": "It's 100% about polls: [really] #1 - \u2713",
        "author_name": "Ann O'Näme, Ltd.",
        "author_email": "ann+polls@example.org",
    }
    project = bake(template, tmp_path, **answers)
    assert project.name == "anns_polls"
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["name"] == "anns_polls"
    assert metadata["description"] == answers["description"]
    assert metadata["authors"] == [
        {"name": answers["author_name"], "email": answers["author_email"]}
    ]
    assert yaml.safe_load((project / "compose.yaml").read_text())["name"] == "anns_polls"
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {answers['project_name']}\n\n{answers['description']}\n")


def test_the_slug_follows_from_the_name(template: Path, tmp_path: Path) -> None:
    assert bake(template, tmp_path, project_name="My Größe 2").name == "my_grosse_2"


@pytest.mark.parametrize(
    ("answer", "spdx", "begins", "contains"),
    [
        ("MIT", "MIT", "MIT License", "Copyright (c) Ann"),
        ("BSD-3-Clause", "BSD-3-Clause", "BSD 3-Clause License", "Copyright (c) Ann"),
        ("Apache-2.0", "Apache-2.0", "Apache License", "END OF TERMS AND CONDITIONS"),
        ("Proprietary", "LicenseRef-Proprietary", "Copyright (c) Ann", "All rights reserved"),
    ],
)
def test_each_license(
    template: Path, tmp_path: Path, answer: str, spdx: str, begins: str, contains: str
) -> None:
    project = bake(template, tmp_path, license=answer, author_name="Ann")
    text = (project / "LICENSE").read_text()
    assert text.lstrip().startswith(begins)
    assert contains in text
    assert text.endswith("\n")
    assert tomllib.loads((project / "pyproject.toml").read_text())["project"]["license"] == spdx


def test_locks_name_no_index_and_no_path(project: Path) -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (project / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text


def test_the_production_lock_holds_no_tools(project: Path) -> None:
    def names(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9-]+)==", (project / lock).read_text(), re.MULTILINE))

    production, development = names("requirements.lock"), names("requirements-dev.lock")
    assert {"django", "djangorestframework", "grpcio", "protobuf", "psycopg"} <= production
    assert production < development
    assert production.isdisjoint({"grpcio-tools", "pytest", "mypy", "ruff", "hatchling"})


def test_sources_have_no_braces_of_a_template() -> None:
    """Not even where the folder is copied without being rendered: a reader could not tell."""
    sources = [*TEMPLATE_FOLDER.rglob("*.py"), *TEMPLATE_FOLDER.rglob("*.proto")]
    assert len(sources) > 100
    found = [path.name for path in sources if re.search(r"\{\{|\{%|\{#", path.read_text())]
    assert found == []
