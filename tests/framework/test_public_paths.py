"""The import paths that services written for the documented API use, and small public helpers."""

import importlib
from inspect import Parameter, signature
from typing import Any

import pytest
from contracts import AuthorSerializer, contract, lines, named, service
from declared import stub_of
from django.apps import apps as installed
from django.conf import settings
from django.db import models
from django.test import override_settings
from django_socio_grpc import protobuf, registry
from django_socio_grpc.actions import FieldDict, FnPlaceholder
from django_socio_grpc.apps import DjangoSocioGrpcConfig
from django_socio_grpc.decorators import (
    cache_endpoint,
    cache_endpoint_with_deleter,
    grpc_action,
    http_to_grpc,
)
from django_socio_grpc.exceptions import ConfigurationError, ProtoRegistrationError
from django_socio_grpc.grpc_actions.placeholders import StrTemplatePlaceholder
from django_socio_grpc.grpc_actions.utils import (
    get_partial_update_request_from_serializer_class,
    get_partial_update_request_from_service,
)
from django_socio_grpc.protobuf import get_proto_type
from django_socio_grpc.protobuf.generation_plugin import (
    GlobalScopeEnumGenerationPlugin,
    ListGenerationPlugin,
)
from django_socio_grpc.protobuf.proto_classes import FieldCardinality
from django_socio_grpc.services import AppHandlerRegistry, Service
from django_socio_grpc.services.servicer_proxy import get_servicer_context
from django_socio_grpc.testing import Mode
from rest_framework import serializers

VARIADIC = {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]

PATHS = {
    "actions": "Action FieldDict Placeholder SelfSerializer LookupField FnPlaceholder",
    "apps": "DjangoSocioGrpcConfig",
    "decorators": (
        "cache_endpoint cache_endpoint_with_deleter grpc_action http_to_grpc vary_on_metadata"
    ),
    "generics": "GenericService ModelService AsyncModelService",
    "grpc_actions.actions": "GRPCActionMixin",
    "grpc_actions.placeholders": (
        "AttrPlaceholder FnPlaceholder LookupField Placeholder SelfSerializer "
        "StrTemplatePlaceholder"
    ),
    "grpc_actions.utils": (
        "get_partial_update_request_from_serializer_class get_partial_update_request_from_service"
    ),
    "protobuf": (
        "FieldDict ProtoComment ProtoField ProtoMessage ProtoRegistrationError ProtoRpc "
        "ProtoService RegistrySingleton get_proto_type"
    ),
    "protobuf.exceptions": "ProtoRegistrationError",
    "protobuf.generation_plugin": (
        "BaseAddFieldRequestGenerationPlugin BaseGenerationPlugin FilterGenerationPlugin "
        "GlobalScopeEnumGenerationPlugin GlobalScopeWrappedEnumGenerationPlugin "
        "InMessageEnumGenerationPlugin InMessageWrappedEnumGenerationPlugin "
        "ListGenerationPlugin PaginationGenerationPlugin RequestAndResponseAsListGenerationPlugin "
        "RequestAsListGenerationPlugin ResponseAsListGenerationPlugin"
    ),
    "protobuf.json_format": "message_to_dict parse_dict",
    "protobuf.message_name_constructor": "DefaultMessageNameConstructor MessageNameConstructor",
    "protobuf.proto_classes": (
        "EmptyMessage FieldCardinality FieldDict ProtoComment ProtoEnum ProtoEnumLocations "
        "ProtoField ProtoFieldConvertible ProtoMessage ProtoRpc ProtoService StructMessage"
    ),
    "protobuf.registry_singleton": "RegistrySingleton",
    "protobuf.typing": "FieldDict",
    "registry": "AppHandlerRegistryError",
    "request_transformer": (
        "GRPCInternalProxyContext GRPCInternalProxyResponse GRPCRequestContainer "
        "GRPCResponseContainer InternalHttpRequest RequestMeta ResponseHeadersProxy"
    ),
    "services": "AppHandlerRegistry Service ServicerProxy",
    "services.app_handler_registry": "AppHandlerRegistry",
    "services.base_service": "Service",
    "services.servicer_proxy": "ServicerProxy get_servicer_context",
    "servicer_proxy": "ServicerProxy get_servicer_context",
    "signals": "grpc_action_register",
    "settings": "FilterAndPaginationBehaviorOptions grpc_settings",
    "utils.constants": "DEFAULT_LIST_FIELD_NAME REQUEST_SUFFIX RESPONSE_SUFFIX",
    "utils.registry_singleton": "RegistrySingleton",
    "utils.servicer_register": "AppHandlerRegistry",
}


@pytest.mark.parametrize("path", PATHS)
def test_names_are_where_the_documentation_has_them(path: str) -> None:
    module = importlib.import_module(f"django_socio_grpc.{path}")
    for name in PATHS[path].split():
        assert hasattr(module, name), name


ARGUMENTS: list[tuple[Any, str]] = [
    (
        grpc_action,
        "request response request_name response_name request_stream response_stream "
        "use_request_list use_response_list message_name_constructor_class "
        "use_generation_plugins override_default_generation_plugins",
    ),
    (http_to_grpc, "decorator request_setter response_setter support_async"),
    (cache_endpoint, "timeout cache key_prefix"),
    (
        cache_endpoint_with_deleter,
        "timeout key_prefix senders cache invalidator_signals",
    ),
    (StrTemplatePlaceholder, "template"),
    (ListGenerationPlugin, "list_field_name request response"),
    (GlobalScopeEnumGenerationPlugin, "non_annotated_generation"),
    (Service.as_servicer, ""),
    (AppHandlerRegistry.register, "self service service_file_path"),
]


@pytest.mark.parametrize(("function", "names"), ARGUMENTS)
def test_arguments_have_their_documented_places(function: Any, names: str) -> None:
    parameters = signature(function).parameters.values()
    found = [each.name for each in parameters if each.kind not in VARIADIC]
    assert found[: len(names.split())] == names.split()


def test_the_app_may_be_installed_by_its_configuration() -> None:
    path = "django_socio_grpc.apps.DjangoSocioGrpcConfig"
    apps = [path if name == "django_socio_grpc" else name for name in settings.INSTALLED_APPS]
    with override_settings(INSTALLED_APPS=apps):
        assert type(installed.get_app_config("django_socio_grpc")) is DjangoSocioGrpcConfig


def test_cardinalities() -> None:
    assert [each.value for each in FieldCardinality] == ["", "optional", "repeated"]


def test_a_path_leads_to_the_one_registry() -> None:
    assert protobuf.RegistrySingleton is registry.RegistrySingleton


def test_a_name_that_is_nowhere() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'ProtoNothing'"):
        assert protobuf.ProtoNothing


# Helpers


@pytest.mark.parametrize(
    ("value", "proto"),
    [
        (int, "int32"),
        (list[str], "string"),
        (serializers.BooleanField(), "bool"),
        (serializers.FloatField(), "double"),
        (models.BigAutoField(), "int64"),
    ],
)
def test_the_proto_type_of_a_value(value: Any, proto: str) -> None:
    assert get_proto_type(value) == proto


@pytest.mark.parametrize("value", [complex, AuthorSerializer])
def test_what_has_no_proto_type(value: Any) -> None:
    with pytest.raises(ProtoRegistrationError):
        get_proto_type(value)


def test_an_error_of_registration_is_one_of_configuration() -> None:
    assert issubclass(ProtoRegistrationError, ConfigurationError)


@pytest.mark.parametrize(
    "request_",
    [
        get_partial_update_request_from_serializer_class(AuthorSerializer),
        FnPlaceholder(get_partial_update_request_from_service),
    ],
)
def test_the_request_of_a_partial_update(request_: Any) -> None:
    cls = service(Change={"request": request_})
    cls.serializer_class = AuthorSerializer  # type: ignore[attr-defined]
    assert lines(named(contract(cls))["AuthorPartialUpdateRequest"])[-2:] == [
        "string name",
        "repeated string _partial_update_fields",
    ]


class Here(Service):
    service_name = "Here"
    pb: Any

    @grpc_action(response=TEXT)
    def Sync(self, request: Any, context: Any) -> Any:
        return self.pb.HereSyncResponse(text=_where())

    @grpc_action(response=TEXT)
    async def Async(self, request: Any, context: Any) -> Any:
        return self.pb.HereAsyncResponse(text=_where())


def _where() -> str:
    found = get_servicer_context().service
    return f"{type(found).__name__}.{found.action}"


def test_code_within_a_call_knows_its_service(mode: Mode) -> None:
    with stub_of(mode, Here) as stub:
        assert stub.Sync().text == "Here.Sync"
        assert stub.Async().text == "Here.Async"
    assert not hasattr(get_servicer_context(), "service")
