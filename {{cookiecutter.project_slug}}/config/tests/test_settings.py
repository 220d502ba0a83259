"""The settings as processes get them, and `.env.example` against what they read."""

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
