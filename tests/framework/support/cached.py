"""What the tests of cached replies share: callers, caches that are not as they should be, tags."""

import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django_socio_grpc import generics
from django_socio_grpc.decorators import cache_endpoint_with_deleter
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from library.models import Tag
from rest_framework.authentication import BaseAuthentication


class Someone:
    """A user, known by ``pk`` alone."""

    is_authenticated = True

    def __init__(self, pk: str) -> None:
        self.pk = pk


class Shapeless:
    """A user that nothing tells from another."""

    is_authenticated = True


class ByName(BaseAuthentication):
    """Knows who sends ``x-user``; the holder of ``x-key`` is no user; ``?`` has no identity."""

    def authenticate(self, request: Any) -> Any:
        name, key = (request.META.get(f"HTTP_X_{kind}") for kind in ("USER", "KEY"))
        if name == "?":
            return Shapeless(), None
        return (Someone(name) if name else None, key) if name or key else None


class BrokenCache(LocMemCache):
    """A cache that is down."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("cache-1 is down")

    set = add = get_many = get


class ReadOnlyCache(LocMemCache):
    def set(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("cache-1 is down")


class SlowCache(LocMemCache):
    """A cache that takes its time."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        time.sleep(1)
        return super().get(*args, **kwargs)


class PatternCache(LocMemCache):
    """A cache that can delete by a pattern, and tells by which it did."""

    patterns: list[str] = []

    def delete_pattern(self, pattern: str) -> None:
        self.patterns.append(pattern)


def backend(cls: type[LocMemCache], **options: Any) -> dict[str, Any]:
    """The ``CACHES`` with a default of this class."""
    path = f"{cls.__module__}.{cls.__qualname__}"
    return {"default": {"BACKEND": path, "LOCATION": cls.__name__, **options}}


class TagCachedSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class SyncTagService(generics.ModelService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagCachedSerializer

    @cache_endpoint_with_deleter(300)
    def List(self, request: Any, context: Any) -> Any:
        return super().List(request, context)


class AsyncTagService(generics.AsyncModelService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagCachedSerializer

    @cache_endpoint_with_deleter(300)
    async def List(self, request: Any, context: Any) -> Any:
        return await super().List(request, context)


def labels(stub: Any) -> list[str]:
    return [tag.label for tag in stub.options(timeout=10).List().results]


def with_list(decorator: Any, name: str = "Library") -> type[Service]:
    """A service with an action List that this decorates."""

    def List(self: Any, request: Any, context: Any) -> Any:
        return generics.ModelService.List(self, request, context)

    own = {"queryset": Tag.objects.order_by("id"), "serializer_class": TagCachedSerializer}
    return type(f"{name}Service", (generics.ModelService,), {**own, "List": decorator(List)})
