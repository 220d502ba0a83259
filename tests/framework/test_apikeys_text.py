"""The text of a key, its checksum, its digest."""

import string
from typing import Any

import pytest
from django.test import override_settings
from django_socio_grpc.apikeys import digests
from django_socio_grpc.apikeys.text import ALPHABET, generate, parse
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import grpc_settings
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = "o" * 32, "n" * 32


def test_a_key_has_its_parts() -> None:
    key = generate("my_shop", "live")
    beginning, key_id, rest = key.text.rsplit("_", 2)
    assert beginning == "my_shop_live"
    assert key_id == key.id
    assert (len(key_id), len(rest)) == (10, 49)
    assert set(key_id + rest) <= set(string.ascii_letters + string.digits)
    assert parse(key.text, "my_shop", "live") == key


def test_no_two_are_alike() -> None:
    keys = [generate("grpc", "test") for _ in range(500)]
    assert len({key.id for key in keys}) == len({key.text[-49:-6] for key in keys}) == 500


def test_a_key_does_not_show_its_secret() -> None:
    key = generate("grpc", "live")
    assert key.text[-49:] not in repr(key)


@given(st.data())
def test_a_key_with_one_other_character_is_none(data: st.DataObject) -> None:
    text = generate("grpc", "live").text
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(ALPHABET + "_").filter(lambda c: c != text[place]))
    assert parse(text[:place] + other + text[place + 1 :], "grpc", "live") is None


@given(st.text())
def test_a_text_is_no_key(text: str) -> None:
    assert parse(text, "grpc", "live") is None
    assert parse(f"grpc_live_{text}", "grpc", "live") is None


def test_a_key_of_another_environment_or_project_is_none() -> None:
    text = generate("grpc", "live").text
    assert parse(text, "grpc", "test") is None
    assert parse(text, "other", "live") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("grpc", "gr\u0440c"),  # a Cyrillic letter
        lambda text: text[:-1] + "\u0661",  # a digit of another script
        lambda text: text + "\n",
        lambda text: f" {text}",
        lambda text: text.upper(),
        lambda text: text * 2,
    ],
)
def test_what_looks_like_a_key_is_none(change: Any) -> None:
    assert parse(change(generate("grpc", "live").text), "grpc", "live") is None


def test_the_digest_needs_the_pepper() -> None:
    with override_settings(GRPC_FRAMEWORK={"API_KEY_PEPPERS": [OLD]}):
        name, stored = digests.new_digest("text")
        assert digests.matches("text", name, stored)
        assert not digests.matches("texT", name, stored)
    with override_settings(GRPC_FRAMEWORK={"API_KEY_PEPPERS": [NEW, OLD]}):
        assert digests.matches("text", name, stored)
        assert digests.new_digest("text")[0] != name
    with override_settings(GRPC_FRAMEWORK={"API_KEY_PEPPERS": [NEW]}):
        assert not digests.matches("text", name, stored)


def test_without_peppers_one_is_made_of_the_secret_key() -> None:
    with override_settings(SECRET_KEY="one"):
        name, stored = digests.new_digest("text")
        assert b"one" not in digests.peppers().values()
    with override_settings(SECRET_KEY="two", SECRET_KEY_FALLBACKS=["one"]):
        assert digests.matches("text", name, stored)
    with override_settings(SECRET_KEY="two"):
        assert not digests.matches("text", name, stored)


def test_a_wrong_pepper_is_not_shown() -> None:
    with override_settings(GRPC_FRAMEWORK={"API_KEY_PEPPERS": ["too-short"]}):
        with pytest.raises(ConfigurationError) as caught:
            grpc_settings.check()
        assert str(caught.value) == (
            "GRPC_FRAMEWORK['API_KEY_PEPPERS'] must be a list of texts of 32 characters or more, "
            "not what it is."
        )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("API_KEY_PREFIX", "My-Shop", "2 to 32 lower-case letters, digits and _, a letter first"),
        ("API_KEY_ENVIRONMENT", "prod", "'live' or 'test'"),
        ("API_KEY_FAILURES", "often", 'a rate such as "60/minute", or None'),
        ("API_KEY_CACHE_SECONDS", -1, "a number of seconds, 0 or more"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: Any, expected: str) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={name: value}),
        pytest.raises(ConfigurationError, match=expected),
    ):
        grpc_settings.check()
