"""Generation plugins: which of them run, and in which order."""

from typing import Any

import pytest
from contracts import TagProtoSerializer, lines, named, rpc
from django.test import override_settings
from django_socio_grpc.protobuf.generation_plugin import (
    BaseGenerationPlugin,
)
from django_socio_grpc.schema.model import EMPTY
from plugins import DAYS, Renamed, WithTrace, made

PATH = "plugins.WithTrace"


@pytest.mark.parametrize("given", [WithTrace(), WithTrace, PATH])
def test_an_instance_a_class_or_its_path(given: Any) -> None:
    """Known defect of other implementations: paths are documented, only instances work."""
    assert lines(named(made(given, request=DAYS))["BookLendRequest"])[-1].endswith("trace")
    with override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": [given]}):
        assert lines(named(made(request=DAYS))["BookLendRequest"])[-1].endswith("trace")


@override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": []})
def test_there_may_be_no_default_plugins() -> None:
    assert lines(named(made(request=DAYS))["BookLendRequest"]) == ["int32 days"]


@override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": [Renamed("Default")]})
def test_default_plugins_go_first() -> None:
    assert rpc(made(Renamed("Own"), request=DAYS)).request == "OwnDefaultBookLendRequest"


@override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": [Renamed("Default")]})
def test_default_plugins_may_be_left_out() -> None:
    found = made(Renamed("Own"), request=DAYS, override_default_generation_plugins=True)
    assert rpc(found).request == "OwnBookLendRequest"


def test_the_condition_decides() -> None:
    class OnlyTags(WithTrace):
        def check_condition(
            self, service: Any, request_message: Any, response_message: Any, names: Any
        ) -> bool:
            return bool(response_message.serializer is TagProtoSerializer)

    assert rpc(made(OnlyTags(), response=TagProtoSerializer)).request == "BookLendRequest"
    assert rpc(made(OnlyTags(), response=DAYS)).request == EMPTY


def test_a_plugin_may_do_it_all_in_one_method() -> None:
    class Swapped(BaseGenerationPlugin):
        def run_validation_and_transform(
            self, service: Any, request_message: Any, response_message: Any, names: Any
        ) -> Any:
            return response_message, request_message

    found = made(Swapped(), request=DAYS, response=TagProtoSerializer)
    assert (rpc(found).request, rpc(found).response) == ("TagResponse", "BookLendRequest")
