"""The environment's readers: types, precedence, and errors of one line that name the fix."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import PLACEHOLDER_SECRET_KEY, Environment, read_file, write_file

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def environment(**process: str) -> Environment:
    return Environment(Path("does-not-exist.env"), process)


def test_a_file_gives_what_the_process_does_not_set(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nNAME='from the file'\nPORT=1\n")
    env = Environment(file, {"PORT": "2"})
    assert env.text("NAME", "default") == "from the file"
    assert env.integer("PORT", 0, minimum=0, maximum=9) == 2


def test_an_empty_value_is_the_default() -> None:
    assert environment(NAME="").text("NAME", "default") == "default"
    assert environment(NAME=" ").flag("NAME", default=True) is True


def test_an_empty_variable_of_the_process_does_not_hide_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("NAME=from the file\n")
    assert Environment(file, {"NAME": " "}).text("NAME", "default") == "from the file"


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("ON", True), ("0", False)])
def test_flag(value: str, expected: bool) -> None:
    assert environment(NAME=value).flag("NAME", default=not expected) is expected


def test_items_are_split_at_commas() -> None:
    assert environment(NAME=" a.example, b.example,").items("NAME") == ["a.example", "b.example"]
    assert environment().items("NAME") == []


def test_a_secret_that_is_too_short_is_not_shown() -> None:
    assert environment(NAME="1234,5678").secrets("NAME", length=4) == ["1234", "5678"]
    with pytest.raises(ImproperlyConfigured) as caught:
        environment(NAME="1234,567").secrets("NAME", length=4)
    assert str(caught.value) == (
        "NAME has a text of 3 characters, and each needs 4 or more. Set it in the environment "
        "or in .env."
    )


@pytest.mark.parametrize("value", ["maybe", "2"])
def test_a_flag_that_is_none(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"NAME='{value}' is not true or false"):
        environment(NAME=value).flag("NAME", default=False)


@pytest.mark.parametrize("value", ["ten", "1.5", "-1", "10"])
def test_an_integer_out_of_range(value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        environment(NAME=value).integer("NAME", 1, minimum=0, maximum=9)
    assert str(caught.value) == (
        f"NAME={value!r} is not a whole number from 0 to 9. Set it in the environment or in .env."
    )


def test_a_choice_that_is_none() -> None:
    with pytest.raises(ImproperlyConfigured, match="NAME='loud' is not one of INFO, ERROR"):
        environment(NAME="loud").choice("NAME", "INFO", ("INFO", "ERROR"))


def test_a_line_that_is_no_assignment(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("DEBUG=true\nSECRET KEY\n")
    with pytest.raises(ImproperlyConfigured, match="line 2: 'SECRET KEY' is not NAME=value"):
        read_file(file)


def test_the_file_that_is_made_is_private_and_has_a_key_of_its_own(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_file(EXAMPLE, first)
    write_file(EXAMPLE, second)
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    example, made, other = read_file(EXAMPLE), read_file(first), read_file(second)
    assert example["SECRET_KEY"] == PLACEHOLDER_SECRET_KEY
    assert len(made["SECRET_KEY"]) >= 50
    assert made["SECRET_KEY"] != other["SECRET_KEY"]
    assert made == example | {"SECRET_KEY": made["SECRET_KEY"]}


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("DEBUG=false\n")
    with pytest.raises(FileExistsError):
        write_file(EXAMPLE, target)
    assert target.read_text() == "DEBUG=false\n"
