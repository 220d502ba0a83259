"""REQUIRE_POLICY: a service that everybody may call says so."""

from typing import Any

import pytest
from declared import code_of, stub_of
from django.test import override_settings
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from policies import with_policies
from rest_framework.permissions import AllowAny
from whoami import services

REQUIRED: Any = {"REQUIRE_POLICY": True}


@services
def test_a_service_without_a_permission_does_not_start(mode: Mode, service: type[Service]) -> None:
    with (
        override_settings(GRPC_FRAMEWORK=REQUIRED),
        pytest.raises(ConfigurationError) as caught,
        stub_of(mode, service),
    ):
        pass
    assert str(caught.value).startswith(
        f"{service.__name__} has no permission, so that everybody may call it, and "
        "GRPC_FRAMEWORK['REQUIRE_POLICY'] forbids that."
    )


class Checked(Service):
    def check_permissions(self) -> None: ...


class Decided(Service):
    def get_permissions(self) -> Any:
        return [AllowAny()]


class Computed(Service):
    @property
    def permission_classes(self) -> Any:
        return [AllowAny]


class Before(Service):
    def before_action(self) -> None: ...


@services
@pytest.mark.parametrize("policy", [Checked, Decided, Computed, Before])
def test_a_service_that_decides_itself_starts(
    mode: Mode, service: type[Service], policy: type[Service]
) -> None:
    own = type(service.__name__, (policy, service), {})
    with override_settings(GRPC_FRAMEWORK=REQUIRED), stub_of(mode, own) as stub:
        assert code_of(stub.AmI) is StatusCode.OK


@services
def test_a_permission_of_the_service_or_of_the_settings(
    mode: Mode, service: type[Service]
) -> None:
    path = "rest_framework.permissions.AllowAny"
    default: Any = {**REQUIRED, "DEFAULT_PERMISSION_CLASSES": [path]}
    with override_settings(GRPC_FRAMEWORK=default), stub_of(mode, service) as stub:
        assert code_of(stub.AmI) is StatusCode.OK
    own = with_policies(service, permission_classes=[AllowAny])
    with override_settings(GRPC_FRAMEWORK=REQUIRED), stub_of(mode, own) as stub:
        assert code_of(stub.AmI) is StatusCode.OK
