"""What changes the messages of an action before they are written."""

from django_socio_grpc.protobuf.generation_plugin.base import (
    BaseAddFieldRequestGenerationPlugin,
    BaseGenerationPlugin,
)
from django_socio_grpc.protobuf.generation_plugin.enums import (
    BaseEnumGenerationPlugin,
    GlobalScopeEnumGenerationPlugin,
    GlobalScopeWrappedEnumGenerationPlugin,
    InMessageEnumGenerationPlugin,
    InMessageWrappedEnumGenerationPlugin,
)
from django_socio_grpc.protobuf.generation_plugin.lists import (
    AsListGenerationPlugin,
    ListGenerationPlugin,
    RequestAndResponseAsListGenerationPlugin,
    RequestAsListGenerationPlugin,
    ResponseAsListGenerationPlugin,
)
from django_socio_grpc.protobuf.generation_plugin.queries import (
    FilterGenerationPlugin,
    PaginationGenerationPlugin,
)

__all__ = [
    "AsListGenerationPlugin",
    "BaseAddFieldRequestGenerationPlugin",
    "BaseEnumGenerationPlugin",
    "BaseGenerationPlugin",
    "FilterGenerationPlugin",
    "GlobalScopeEnumGenerationPlugin",
    "GlobalScopeWrappedEnumGenerationPlugin",
    "InMessageEnumGenerationPlugin",
    "InMessageWrappedEnumGenerationPlugin",
    "ListGenerationPlugin",
    "PaginationGenerationPlugin",
    "RequestAndResponseAsListGenerationPlugin",
    "RequestAsListGenerationPlugin",
    "ResponseAsListGenerationPlugin",
]
