"""``manage.py check --deploy``: what is not fit for production has a warning, and nothing else."""

import re
from pathlib import Path
from typing import Any

import django_socio_grpc
import pytest
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings
from django_socio_grpc.checks import TAG, check_deployment
from django_socio_grpc.checks.deployment import RULES
from django_socio_grpc.services import Service
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from django_socio_grpc.settings import grpc_settings
from rest_framework.permissions import AllowAny

FIT = {
    "GRPC_HOST": "127.0.0.1",
    "ENABLE_HEALTH_CHECK": True,
    "API_KEY_PEPPERS": ["a long random text that is kept when SECRET_KEY changes"],
    "DEFAULT_PERMISSION_CLASSES": [AllowAny],
}


class Guarded(Service):
    permission_classes = [AllowAny]


class ByItself(Service):
    def check_permissions(self) -> None: ...


class Open(Service): ...


class OpenToo(Service): ...


def found(*services: type[Service], **given: Any) -> list[CheckMessage]:
    """What is said of settings that are fit for production but for ``given``."""

    def hook(server: Any) -> None:
        registry = AppHandlerRegistry("library", server)
        for service in services:
            registry.register(service)

    framework = {**FIT, "ROOT_HANDLERS_HOOK": hook, **given}
    with override_settings(GRPC_FRAMEWORK=framework, DEBUG=False):
        return check_deployment()


def ids(*services: type[Service], **given: Any) -> list[str]:
    return [
        str(message.id).removeprefix("django_socio_grpc.") for message in found(*services, **given)
    ]


def test_settings_that_are_fit_for_production() -> None:
    assert found(Guarded) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"GRPC_HOST": "[::]"}, "W001"),
        ({"GRPC_HOST": "0.0.0.0"}, "W001"),
        ({"GRPC_HOST": "server.example"}, "W001"),
        ({"ENABLE_REFLECTION": True}, "W002"),
        ({"MAX_CONCURRENT_RPCS": None}, "W003"),
        ({"SERVER_OPTIONS": [("grpc.max_receive_message_length", -1)]}, "W003"),
        ({"SERVER_OPTIONS": [("grpc.max_concurrent_streams", 2**31 - 1)]}, "W003"),
        ({"API_KEY_PEPPERS": []}, "W005"),
        ({"SHUTDOWN_GRACE": 0.0}, "W006"),
        ({"SERVER_OPTIONS": [("grpc.http2.hpack_table_size.decoder", 4096)]}, "W007"),
        ({"SERVER_OPTIONS": [("grpc.so_reuseport", 1)]}, "W008"),
        ({"ASYNCIO_DEBUG": True}, "W009"),
        ({"ENABLE_HEALTH_CHECK": False}, "W010"),
        ({"DEFAULT_DEADLINE": 60, "MAX_DEADLINE": 10.5}, "W011"),
        ({"MAX_WORKER": 3}, "E002"),
        ({"ROOT_HANDLERS_HOOK": "no.such.hook"}, "E002"),
        ({"HEALTH_CHECKS": ["no.such.check"]}, "E002"),
        ({"HEALTH_CHECKS": [("django_socio_grpc.health.Database", ["no.such"])]}, "E002"),
    ],
)
def test_what_is_not(given: dict[str, Any], expected: str) -> None:
    (message,) = found(Guarded, **given)
    assert message.id == f"django_socio_grpc.{expected}"
    assert all(name in message.msg for name in given)
    assert message.hint or expected == "E002"


@pytest.mark.parametrize(
    "given",
    [
        {"GRPC_HOST": "[::1]"},
        {"GRPC_HOST": "localhost"},
        {"GRPC_HOST": "unix:/run/server.sock"},
        {"SERVER_OPTIONS": [("grpc.max_concurrent_streams", 1000)]},
        {"SERVER_OPTIONS": [("grpc.http2.hpack_table_size.decoder", 0)]},
        {"DEFAULT_DEADLINE": 10, "MAX_DEADLINE": 10},
        {"DEFAULT_DEADLINE": 10},
        {"MAX_DEADLINE": 10},
        # Whatever else is wrong: no server starts.
        {"ENABLED": False, "GRPC_HOST": "[::]"},
    ],
)
def test_what_is_fit_too(given: dict[str, Any]) -> None:
    assert found(Guarded, **given) == []


def test_tls_on_an_open_port_is_fit() -> None:
    pairs = [("server.key", "server.pem")]
    given = {"GRPC_HOST": "[::]", "PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH": pairs}
    assert found(Guarded, **given) == []


def test_reflection_is_fit_for_development() -> None:
    with override_settings(GRPC_FRAMEWORK={**FIT, "ENABLE_REFLECTION": True}, DEBUG=True):
        assert "W002" not in str(check_deployment())


def test_services_that_nobody_guards_are_named() -> None:
    (message,) = found(Guarded, Open, ByItself, OpenToo, DEFAULT_PERMISSION_CLASSES=[])
    assert message.id == "django_socio_grpc.W004"
    here = __name__
    assert f"may call {here}.Open, {here}.OpenToo: everybody may." in message.msg


def test_a_guard_may_be_the_default() -> None:
    assert ids(Open, DEFAULT_PERMISSION_CLASSES=[AllowAny]) == []


def test_services_of_either_server_count() -> None:
    def hook(server: Any) -> None:
        aio = grpc_settings.GRPC_ASYNC
        AppHandlerRegistry("library", server).register(Guarded if aio else Open)

    given = {"ROOT_HANDLERS_HOOK": hook, "DEFAULT_PERMISSION_CLASSES": []}
    for aio in (True, False):
        assert ids(GRPC_ASYNC=aio, **given) == ["W004"]


def test_it_is_for_deployments_alone() -> None:
    with override_settings(GRPC_FRAMEWORK={"GRPC_HOST": "[::]"}):
        usual = {message.id for message in run_checks(tags=[TAG])}
        deployed = {
            message.id for message in run_checks(tags=[TAG], include_deployment_checks=True)
        }
    assert "django_socio_grpc.W001" in deployed
    assert "django_socio_grpc.W001" not in usual


def test_each_rule_is_in_the_documentation() -> None:
    page = Path(django_socio_grpc.__file__).parents[2] / "docs" / "checks.md"
    listed = re.findall(
        r"^\| `django_socio_grpc\.W(\d{3})` \| yes", page.read_text(), re.MULTILINE
    )
    assert [int(number) for number in listed] == [rule.number for rule in RULES]
