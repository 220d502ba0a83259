"""``GRPCConfig``: typed values, and the settings that they stand for."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import django_socio_grpc
import pytest
from django.test import override_settings
from django_socio_grpc.config import GRPCConfig, GRPCServerConfig
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import grpc_settings


def test_the_settings_that_stand_for_it() -> None:
    config = GRPCConfig(
        handlers_hook="config.handlers.grpc_handlers",
        server=GRPCServerConfig(
            host="127.0.0.1",
            max_concurrent_streams=1000,
            keepalive_time=60,
            keepalive_permit_without_calls=True,
            max_receive_message_length=1024,
            options=[("grpc.max_receive_message_length", 2048)],
        ),
        settings={"LOG_OK_RESPONSE": True},
    )
    assert config.as_settings() == {
        "ENABLED": True,
        "ROOT_HANDLERS_HOOK": "config.handlers.grpc_handlers",
        "GRPC_HOST": "127.0.0.1",
        "GRPC_CHANNEL_PORT": 50051,
        "MAX_WORKERS": 20,
        "MAX_SYNC_STREAMS": 64,
        "SHUTDOWN_GRACE": 25.0,
        "SHUTDOWN_DELAY": 0.0,
        "WORKERS": 1,
        "ASYNCIO_DEBUG": False,
        "ENABLE_REFLECTION": False,
        "ENABLE_HEALTH_CHECK": True,
        "HEALTH_CHECKS": (),
        "HEALTH_INTERVAL": 2.0,
        "HEALTH_TIMEOUT": 3.0,
        "COMPRESSION": None,
        "MAX_CONCURRENT_RPCS": 5000,
        "DEFAULT_DEADLINE": None,
        "MAX_DEADLINE": None,
        "FIRST_MESSAGE_TIMEOUT": 30.0,
        "SERVER_OPTIONS": [
            ("grpc.max_concurrent_streams", 1000),
            ("grpc.max_receive_message_length", 1024),
            ("grpc.keepalive_time_ms", 60000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.max_receive_message_length", 2048),
        ],
        "LOG_OK_RESPONSE": True,
    }
    for given in (config, config.as_settings()):
        with override_settings(GRPC_FRAMEWORK=given):
            grpc_settings.check()
            assert grpc_settings.GRPC_HOST == "127.0.0.1"
            assert grpc_settings.LOG_OK_RESPONSE is True


def test_the_example_of_the_document() -> None:
    config = GRPCConfig(
        enabled=True,
        server=GRPCServerConfig(
            host="[::]",
            port=50051,
            # Async options
            max_concurrent_streams=1000,  # Concurrent streams per connection
            asyncio_debug=False,  # Debug mode (dev only)
            # Standard options still work
            enable_reflection=True,
            enable_health_check=True,
        ),
    )
    with override_settings(GRPC_FRAMEWORK=config):
        grpc_settings.check()
        assert grpc_settings.ENABLE_REFLECTION is True
        assert ("grpc.max_concurrent_streams", 1000) in grpc_settings.SERVER_OPTIONS


def test_a_configuration_does_not_change() -> None:
    config = GRPCServerConfig()
    with pytest.raises(FrozenInstanceError):
        config.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("port", 70000, "a port, 0 to 65535"),
        ("port", "50051", "a port, 0 to 65535"),
        ("host", 5, "a text"),
        ("max_workers", 0, "a whole number above 0"),
        ("max_concurrent_streams", 0, "a whole number above 0, or None"),
        ("max_concurrent_streams", True, "a whole number above 0, or None"),
        ("keepalive_time", -1, "a number of seconds, 0 or more, or None"),
        ("compression", "zip", "'gzip', 'deflate' or None"),
        ("compression", ["gzip"], "'gzip', 'deflate' or None"),
        ("asyncio_debug", "yes", "True or False"),
        ("options", {"grpc.x": 1}, "a list of (name, value) pairs, or None"),
    ],
)
def test_a_wrong_value_is_named(field: str, value: Any, expected: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        GRPCServerConfig(**{field: value})
    assert str(caught.value) == f"GRPCServerConfig.{field} must be {expected}, not {value!r}."


def test_other_mistakes() -> None:
    with pytest.raises(ConfigurationError, match="'local host:50051' is not an address"):
        GRPCServerConfig(host="local host")
    with pytest.raises(ConfigurationError, match=r"GRPCConfig\.server must be a GRPCServerConfig"):
        GRPCConfig(server={"port": 1})  # type: ignore[arg-type]
    with pytest.raises(
        ConfigurationError, match=r"GRPCConfig\.settings has MAX_WORKERS, for which"
    ):
        GRPCConfig(settings={"MAX_WORKERS": 5})
    with pytest.raises(TypeError, match="max_steams"):
        GRPCServerConfig(max_steams=1)  # type: ignore[call-arg]


def test_it_is_safe_to_import_in_a_settings_file() -> None:
    code = (
        "import django.conf, django_socio_grpc.config as c; c.GRPCConfig();"
        "assert not django.conf.settings.configured"
    )
    source = str(Path(django_socio_grpc.__file__).parent.parent)
    environment = {"PYTHONPATH": source, "DJANGO_SETTINGS_MODULE": "nowhere"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
