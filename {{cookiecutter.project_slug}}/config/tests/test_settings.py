"""The settings as processes get them, and `.env.example` against what they read."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import settings
from config.env import read_file

PROJECT = Path(settings.__file__).parents[1]
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)")


def check(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check` with these variables in front of the ones of this process."""
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )


def test_the_example_lists_every_variable_and_no_other() -> None:
    compose = set(VARIABLE.findall((PROJECT / "compose.yaml").read_text()))
    assert set(read_file(PROJECT / ".env.example")) == settings.env.names | compose


def test_the_values_of_the_example_are_valid() -> None:
    result = check(**read_file(PROJECT / ".env.example"))
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DEBUG": "false", "SECRET_KEY": "change-me"}, "is the placeholder and DEBUG is off"),
        ({"DEBUG": "perhaps"}, "DEBUG='perhaps' is not true or false"),
        ({"GRPC_PORT": "70000"}, "GRPC_PORT='70000' is not a whole number from 0 to 65535"),
        ({"DATABASE_URL": "oracle://db/x"}, "DATABASE_URL begins with 'oracle'"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL='LOUD' is not one of DEBUG, INFO, WARNING, ERROR"),
        ({"GRPC_LOG_FORMAT": "xml"}, "GRPC_LOG_FORMAT='xml' is not one of text, json"),
        ({"GRPC_API_KEY_PEPPERS": "short"}, "GRPC_API_KEY_PEPPERS has a text of 5 characters"),
    ],
)
def test_a_wrong_value_is_one_line_and_no_traceback(
    variables: dict[str, str], message: str
) -> None:
    result = check(**variables)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_placeholder_key_serves_while_debug_is_on() -> None:
    assert check(DEBUG="true", SECRET_KEY="change-me").returncode == 0


def logged(**variables: str) -> str:
    """What the project writes when it logs."""
    program = (
        "import django, logging; django.setup(); logging.getLogger('shop').warning('two\\nlines')"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **variables},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stderr


def test_the_log_is_for_people_or_for_programs() -> None:
    assert logged().endswith("WARNING shop: two\nlines\n")
    line = json.loads(logged(GRPC_LOG_FORMAT="json"))
    assert (line["level"], line["logger"], line["message"]) == ("WARNING", "shop", "two\nlines")


def test_no_port_for_metrics_is_none() -> None:
    assert settings.GRPC_FRAMEWORK["METRICS_PORT"] is None


@pytest.mark.parametrize(
    ("variables", "level"),
    [
        ({}, "INFO"),
        ({"GRPC_REQUEST_LOG": "errors"}, "WARNING"),
        ({"GRPC_REQUEST_LOG": "all"}, "WARNING"),
        ({"GRPC_REQUEST_LOG": "all", "LOG_LEVEL": "DEBUG"}, "DEBUG"),
        ({"GRPC_REQUEST_LOG": "all", "LOG_LEVEL": "ERROR"}, "ERROR"),
        ({"GRPC_REQUEST_LOG": "all", "GRPC_LOG_OK_RESPONSE": "true"}, "INFO"),
    ],
)
def test_calls_that_have_a_record_are_not_logged_when_they_come_in(
    variables: dict[str, str], level: str
) -> None:
    assert printed(LEVEL, **variables) == level


def test_production_has_no_database_that_nobody_has_named() -> None:
    found = printed(WITHOUT_A_FILE + DATABASE, DEBUG="false", DATABASE_URL="")
    assert found.startswith("DATABASE_URL is not set and DEBUG is off; it is sqlite:///FILE or")
    assert printed(WITHOUT_A_FILE + DATABASE, DEBUG="true", DATABASE_URL="") == "None"


def printed(code: str, **variables: str) -> str:
    """What a program says."""
    unset = dict.fromkeys(("GRPC_REFLECTION", "GRPC_REQUEST_LOG", "GRPC_LOG_OK_RESPONSE"), "")
    given = {"SECRET_KEY": "of this test", "LOG_LEVEL": "INFO", **unset, **variables}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **given},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


LEVEL = (
    "from config.settings import LOGGING as s; "
    "print(s['loggers']['django_socio_grpc.request']['level'])"
)
WITHOUT_A_FILE = "from config import env; env.read_file = lambda path: {}\n"
DATABASE = """
found = None
try:
    import config.settings
except Exception as error:
    found = error
print(found)
"""
REFLECTION = "from config.settings import GRPC_FRAMEWORK as s; print(s['ENABLE_REFLECTION'])"
WITHOUT_THE_PACKAGE = "import sys; sys.modules['grpc_reflection'] = None; "


@pytest.mark.parametrize(
    ("code", "variables", "expected"),
    [
        (REFLECTION, {"DEBUG": "true"}, "True"),
        (REFLECTION, {"DEBUG": "false"}, "False"),
        (REFLECTION, {"DEBUG": "false", "GRPC_REFLECTION": "true"}, "True"),
        (WITHOUT_THE_PACKAGE + REFLECTION, {"DEBUG": "true"}, "False"),
    ],
)
def test_reflection_is_for_development(
    code: str, variables: dict[str, str], expected: str
) -> None:
    assert printed(code, **variables) == expected
