"""What each documented setting is, where ``GRPC_FRAMEWORK`` says nothing of it."""

from typing import Any

import pytest
from django.test import override_settings
from django_socio_grpc.log import default_get_log_extra_context
from django_socio_grpc.middlewares import (
    close_old_connections_middleware,
    log_requests_middleware,
)
from django_socio_grpc.protobuf.generation_plugin import GlobalScopeWrappedEnumGenerationPlugin
from django_socio_grpc.protobuf.message_name_constructor import DefaultMessageNameConstructor
from django_socio_grpc.settings import FilterAndPaginationBehaviorOptions, grpc_settings

DOCUMENTED: dict[str, Any] = {
    "ROOT_HANDLERS_HOOK": None,
    "SERVER_INTERCEPTORS": None,
    "SERVER_OPTIONS": None,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_PAGINATION_CLASS": None,
    "GRPC_ASYNC": False,
    "GRPC_CHANNEL_PORT": 50051,
    "SEPARATE_READ_WRITE_MODEL": True,
    "GRPC_MIDDLEWARE": [log_requests_middleware, close_old_connections_middleware],
    "ROOT_GRPC_FOLDER": "grpc_folder",
    "MAP_METADATA_KEYS": {name: name for name in ("headers", "pagination", "filters")},
    "LOG_EXTRA_CONTEXT_FUNCTION": default_get_log_extra_context,
    "LOG_OK_RESPONSE": False,
    "IGNORE_LOG_FOR_ACTION": [],
    "PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH": [],
    "ROOT_CERTIFICATES_PATH": None,
    "REQUIRE_CLIENT_AUTH": False,
    "FILTER_BEHAVIOR": FilterAndPaginationBehaviorOptions.METADATA_STRICT,
    "PAGINATION_BEHAVIOR": FilterAndPaginationBehaviorOptions.METADATA_STRICT,
    "DEFAULT_MESSAGE_NAME_CONSTRUCTOR": DefaultMessageNameConstructor,
    "DEFAULT_GENERATION_PLUGINS": [GlobalScopeWrappedEnumGenerationPlugin],
    "ENABLE_HEALTH_CHECK": False,
}


@override_settings(GRPC_FRAMEWORK={})
@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_defaults(name: str) -> None:
    value = getattr(grpc_settings, name)
    assert (list(value) if isinstance(value, tuple) else value) == DOCUMENTED[name]
