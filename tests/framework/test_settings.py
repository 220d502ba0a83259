"""``GRPC_FRAMEWORK``: what is read, what is refused, when it is read again."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import override_settings
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.middlewares import log_requests_middleware
from django_socio_grpc.registry import handlers_hook
from django_socio_grpc.services import Service
from django_socio_grpc.settings import (
    FilterAndPaginationBehaviorOptions,
    LazySettings,
    grpc_settings,
)
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated


def read(name: str) -> Any:
    return getattr(grpc_settings, name)


def error(**given: Any) -> str:
    with (
        override_settings(GRPC_FRAMEWORK=given),
        pytest.raises(ConfigurationError) as caught,
    ):
        grpc_settings.check()
    return str(caught.value)


def test_defaults() -> None:
    with override_settings(GRPC_FRAMEWORK={}):
        grpc_settings.check()
        assert read("GRPC_ASYNC") is False
        assert read("GRPC_CHANNEL_PORT") == 50051
        assert read("MAX_WORKERS") == 20
        assert read("GRPC_MIDDLEWARE")[0] is log_requests_middleware


def test_an_unknown_setting_suggests_the_right_one() -> None:
    assert error(MAX_WORKER=5) == (
        "Invalid gRPC setting: GRPC_FRAMEWORK['MAX_WORKER']. Did you mean 'MAX_WORKERS'?"
    )
    assert error(root_handlers_hook="x").endswith("Did you mean 'ROOT_HANDLERS_HOOK'?")


def test_a_setting_like_no_other_lists_them_all() -> None:
    text = error(COLOUR="blue")
    assert text.startswith("Invalid gRPC setting: GRPC_FRAMEWORK['COLOUR']. There are: ")
    assert ", ROOT_HANDLERS_HOOK, " in text
    assert "MAX_WORKERS" in text


def test_reading_or_assigning_an_unknown_one_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"Invalid gRPC setting.*'GRPC_ASYNC'"):
        _ = grpc_settings.GRPC_ASINC
    with pytest.raises(AttributeError, match=r"Invalid gRPC setting.*'GRPC_ASYNC'"):
        grpc_settings.GRPC_ASINC = True


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ROOT_HANDLERS_HOOK", 5, "the dotted path of a function, or a function"),
        ("GRPC_ASYNC", "yes", "True or False"),
        ("GRPC_CHANNEL_PORT", "50051", "a port, 0 to 65535"),
        ("GRPC_CHANNEL_PORT", 65536, "a port, 0 to 65535"),
        ("GRPC_CHANNEL_PORT", True, "a port, 0 to 65535"),
        ("MAX_WORKERS", 0, "a whole number above 0"),
        ("MAX_WORKERS", 2.5, "a whole number above 0"),
        ("MAX_SYNC_STREAMS", -1, "a whole number above 0"),
        ("SHUTDOWN_GRACE", -1, "a number of seconds, 0 or more"),
        ("SHUTDOWN_GRACE", float("nan"), "a number of seconds, 0 or more"),
        ("SHUTDOWN_GRACE", float("inf"), "a number of seconds, 0 or more"),
        ("SERVER_INTERCEPTORS", "x.Y", "a list of interceptors, or None"),
        ("SERVER_OPTIONS", {"grpc.x": 1}, "a list of (name, value) pairs, or None"),
        ("SERVER_OPTIONS", ["grpc.x"], "a list of (name, value) pairs, or None"),
        ("DEFAULT_PERMISSION_CLASSES", "x.Y", "a list of classes or of their dotted paths"),
        ("DEFAULT_PERMISSION_CLASSES", [5], "a list of classes or of their dotted paths"),
        ("DEFAULT_PAGINATION_CLASS", 5, "a class, its dotted path, or None"),
        ("GRPC_MIDDLEWARE", [None], "a list of classes or of their dotted paths"),
        ("MAP_METADATA_KEYS", ["headers"], "a dict"),
        ("IGNORE_LOG_FOR_ACTION", "Tag.List", "a list"),
        ("LOG_OK_RESPONSE", None, "True or False"),
        ("ENABLE_HEALTH_CHECK", 1, "True or False"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(
    name: str, value: Any, expected: str
) -> None:
    text = error(**{name: value})
    assert text == f"GRPC_FRAMEWORK[{name!r}] must be {expected}, not {value!r}."


@pytest.mark.parametrize("given", [None, [], "x"])
def test_it_must_be_a_dict(given: Any) -> None:
    with override_settings(GRPC_FRAMEWORK=given):
        for read in (grpc_settings.check, lambda: grpc_settings.MAX_WORKERS):
            with pytest.raises(ConfigurationError) as caught:
                read()
            assert str(caught.value) == f"GRPC_FRAMEWORK must be a dict, not {given!r}."


def test_a_path_stands_for_what_it_names() -> None:
    path = "rest_framework.permissions.IsAuthenticated"
    pages = "rest_framework.pagination.PageNumberPagination"
    given = {"DEFAULT_PERMISSION_CLASSES": [path], "DEFAULT_PAGINATION_CLASS": pages}
    with override_settings(GRPC_FRAMEWORK=given):
        assert read("DEFAULT_PERMISSION_CLASSES") == [IsAuthenticated]
        assert read("DEFAULT_PAGINATION_CLASS") is PageNumberPagination
        assert Service.permission_classes == [IsAuthenticated]


def test_classes_themselves_may_be_given() -> None:
    either = IsAuthenticated | IsAuthenticated
    with override_settings(GRPC_FRAMEWORK={"DEFAULT_PERMISSION_CLASSES": [either]}):
        assert read("DEFAULT_PERMISSION_CLASSES") == [either]


def test_a_path_that_does_not_import() -> None:
    assert error(DEFAULT_FILTER_BACKENDS=["shop.Filter"]) == (
        "GRPC_FRAMEWORK['DEFAULT_FILTER_BACKENDS'] names 'shop.Filter', which does not import: "
        "No module named 'shop'"
    )


def test_a_path_of_something_else() -> None:
    text = error(GRPC_MIDDLEWARE=["math.pi"])
    assert text.startswith("GRPC_FRAMEWORK['GRPC_MIDDLEWARE'] must be a list of classes")
    assert "'math.pi'" in text
    assert "3.14" in text


def test_a_partial_mapping_overrides_single_keys() -> None:
    with override_settings(GRPC_FRAMEWORK={"MAP_METADATA_KEYS": {"headers": "http"}}):
        assert read("MAP_METADATA_KEYS") == {
            "headers": "http",
            "pagination": "pagination",
            "filters": "filters",
        }


def test_settings_that_change_are_read_again() -> None:
    before = read("MAX_WORKERS")
    with override_settings(GRPC_FRAMEWORK={"MAX_WORKERS": before + 1}):
        assert read("MAX_WORKERS") == before + 1
    assert read("MAX_WORKERS") == before


def test_the_urlconf_registers_the_services_unless_the_setting_says_who(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hooks: dict[str, Any] = {name: lambda server: None for name in ("first", "second")}
    for name, hook in hooks.items():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(grpc_handlers=hook))
    with override_settings(GRPC_FRAMEWORK={}, ROOT_URLCONF="first"):
        assert handlers_hook() is hooks["first"]
        with override_settings(ROOT_URLCONF="second"):
            assert handlers_hook() is hooks["second"]
        for given in (hooks["second"], "second.grpc_handlers"):
            with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": given}):
                assert handlers_hook() is hooks["second"]


def test_what_is_assigned_lasts_until_the_urlconf_changes() -> None:
    with override_settings(GRPC_FRAMEWORK={}):
        grpc_settings.GRPC_ASYNC = True
        with override_settings(ROOT_URLCONF="another"):
            assert read("GRPC_ASYNC") is False


def test_other_settings_that_change_leave_them_alone() -> None:
    with override_settings(GRPC_FRAMEWORK={}):
        grpc_settings.GRPC_ASYNC = True
        with override_settings(TIME_ZONE="Asia/Tokyo"):
            assert read("GRPC_ASYNC") is True


def test_an_assigned_value_sticks() -> None:
    with override_settings(GRPC_FRAMEWORK={"GRPC_ASYNC": False}):
        grpc_settings.GRPC_ASYNC = True
        assert read("GRPC_ASYNC") is True
        grpc_settings.check()
        assert read("GRPC_ASYNC") is True


def test_an_assigned_value_is_read_as_one_of_the_settings() -> None:
    path = "django_socio_grpc.middlewares.log_requests_middleware"
    with override_settings(GRPC_FRAMEWORK={}):
        grpc_settings.GRPC_MIDDLEWARE = [path]
        assert read("GRPC_MIDDLEWARE") == [log_requests_middleware]
        grpc_settings.MAP_METADATA_KEYS = {"headers": "http"}
        assert read("MAP_METADATA_KEYS")["filters"] == "filters"
        with pytest.raises(ConfigurationError, match=r"'GRPC_ASYNC'\] must be True or False"):
            grpc_settings.GRPC_ASYNC = "yes"
        assert read("GRPC_ASYNC") is False


def test_an_overridden_value_lasts_for_its_block() -> None:
    before = read("MAX_WORKERS")
    with (
        pytest.raises(ZeroDivisionError),
        grpc_settings.override(GRPC_ASYNC=True, MAX_WORKERS=before + 1),
    ):
        assert read("MAX_WORKERS") == before + 1
        assert read("GRPC_ASYNC") is True
        raise ZeroDivisionError
    assert read("MAX_WORKERS") == before
    assert read("GRPC_ASYNC") is False


def test_settings_are_read_when_they_are_needed() -> None:
    with override_settings(GRPC_FRAMEWORK={"DEFAULT_FILTER_BACKENDS": ["shop.Filter"]}):
        settings = LazySettings()
        assert settings.MAX_WORKERS == 20
        with pytest.raises(ConfigurationError):
            _ = settings.DEFAULT_FILTER_BACKENDS


def test_a_behavior_is_a_member_or_its_name() -> None:
    name = "METADATA_AND_REQUEST_STRUCT"
    with override_settings(GRPC_FRAMEWORK={"FILTER_BEHAVIOR": name}):
        assert read("FILTER_BEHAVIOR") is FilterAndPaginationBehaviorOptions[name]
    assert "one of METADATA_STRICT" in error(FILTER_BEHAVIOR="METADATA")


def test_pairs_of_certificates() -> None:
    assert "paths" in error(PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH=["key.pem"])
