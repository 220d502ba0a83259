"""What ``manage.py startservice`` writes passes everything that a generated project asks for."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.run import clean_environment, make

ROOT = Path(__file__).parents[2]
UNBAKED = ROOT / "{{cookiecutter.project_slug}}"
FIELDS = (
    "title:str note:text? slug:slug email:email url:url seats:int ratio:float price:decimal "
    "taken:bool day:date? opens:datetime at:time code:uuid "
)


@pytest.fixture
def unbaked(tmp_path: Path) -> Path:
    """The template's folder as it is: a project that runs, too."""
    left_out = shutil.ignore_patterns(".venv", ".env", "*.sqlite3*", ".*_cache", "__pycache__")
    project = Path(shutil.copytree(UNBAKED, tmp_path / "unbaked", ignore=left_out))
    (project / ".env").write_text("DEBUG=true\n")
    return project


def manage(project: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project,
        env=clean_environment() | {"PYTHONPATH": str(project / "packages/dsg-core/src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def start_service(project: Path, *arguments: str) -> None:
    """Run the command, then do what it says about settings and handlers."""
    said = manage(project, "startservice", *arguments)
    settings, handlers = project / "config/settings.py", project / "config/handlers.py"
    for app in re.findall(r'INSTALLED_APPS in config\.settings:\n\n    ("\w+",)$', said, re.M):
        text = settings.read_text()
        settings.write_text(text.replace('    "buildings",\n', f'    "buildings",\n    {app}\n'))
    code = said.partition("of the function\n\n")[2].partition("\n\n2. Run")[0]
    code = code.partition("\n\n3. Run")[0]
    imports, lines = re.sub(r"^ {4}", "", code, flags=re.M).split("\n\n")
    text = handlers.read_text().replace("\n\n\ndef ", f"\n{imports}\n\n\ndef ", 1)
    handlers.write_text(f"{text}{lines}\n")


def check(project: Path, *targets: str, **variables: str) -> str:
    for target in targets:
        done = make(project, target, **variables)
        assert done.returncode == 0, f"make {target}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.timeout(300)
def test_a_new_app_in_a_baked_project(copy: Path) -> None:
    check(copy, "setup")
    start_service(copy, "room_booking", "--fields", FIELDS)
    check(copy, "migrations", "protos", "format", "proto-check", "lint")
    assert "6 passed" in check(copy, "test", ARGS="room_bookings")


@pytest.mark.timeout(300)
def test_a_new_model_and_one_that_is_there_in_an_app_of_a_baked_project(copy: Path) -> None:
    check(copy, "setup")
    start_service(copy, "Poll", "--app", "questions", "--async", "--fields", "title:str open:bool")
    start_service(copy, "Choice", "--app", "questions", "--sync")
    check(copy, "migrations", "protos", "format", "proto-check", "lint")
    tests = "questions/tests/test_poll_service.py questions/tests/test_choice_service.py"
    assert "8 passed" in check(copy, "test", ARGS=tests)


@pytest.mark.timeout(300)
def test_a_new_app_in_the_template_as_it_is(unbaked: Path) -> None:
    start_service(unbaked, "RoomBooking", "--fields", FIELDS)
    manage(unbaked, "makemigrations", "room_bookings")
    manage(unbaked, "generateproto")
    tools = Path(sys.executable).parent
    for command in (
        [str(tools / "ruff"), "format", "room_bookings/migrations"],
        [str(tools / "ruff"), "check", "room_bookings", "config"],
        [str(tools / "ruff"), "format", "--check", "room_bookings", "config"],
        [str(tools / "mypy"), "room_bookings", "config/handlers.py"],
        [sys.executable, "-m", "pytest", "room_bookings"],
    ):
        done = subprocess.run(
            command,
            cwd=unbaked,
            env=clean_environment() | {"DEBUG": "true"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
