"""The import paths that services written for the documented API use, and small public helpers."""

import importlib
from typing import Any

import pytest
from contracts import AuthorSerializer, contract, lines, named, service
from declared import stub_of
from django.db import models
from django_socio_grpc import protobuf, registry
from django_socio_grpc.actions import FieldDict, FnPlaceholder
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError, ProtoRegistrationError
from django_socio_grpc.grpc_actions.utils import (
    get_partial_update_request_from_serializer_class,
    get_partial_update_request_from_service,
)
from django_socio_grpc.protobuf import get_proto_type
from django_socio_grpc.services import Service
from django_socio_grpc.services.servicer_proxy import get_servicer_context
from django_socio_grpc.testing import Mode
from rest_framework import serializers

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]

PATHS = {
    "actions": "Action FieldDict Placeholder SelfSerializer LookupField FnPlaceholder",
    "decorators": "grpc_action",
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
    "protobuf.message_name_constructor": "DefaultMessageNameConstructor MessageNameConstructor",
    "protobuf.proto_classes": (
        "EmptyMessage FieldCardinality FieldDict ProtoComment ProtoEnum ProtoEnumLocations "
        "ProtoField ProtoFieldConvertible ProtoMessage ProtoRpc ProtoService StructMessage"
    ),
    "protobuf.registry_singleton": "RegistrySingleton",
    "protobuf.typing": "FieldDict",
    "registry": "AppHandlerRegistryError",
    "services": "AppHandlerRegistry Service ServicerProxy",
    "services.app_handler_registry": "AppHandlerRegistry",
    "services.base_service": "Service",
    "services.servicer_proxy": "ServicerProxy get_servicer_context",
    "servicer_proxy": "ServicerProxy get_servicer_context",
    "signals": "grpc_action_register",
    "utils.constants": "DEFAULT_LIST_FIELD_NAME REQUEST_SUFFIX RESPONSE_SUFFIX",
    "utils.registry_singleton": "RegistrySingleton",
    "utils.servicer_register": "AppHandlerRegistry",
}


@pytest.mark.parametrize("path", PATHS)
def test_names_are_where_the_documentation_has_them(path: str) -> None:
    module = importlib.import_module(f"django_socio_grpc.{path}")
    for name in PATHS[path].split():
        assert hasattr(module, name), name


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
