"""What a careless author forgets, a call does not get through by: on both servers."""

from contextlib import suppress
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.core.cache import cache
from django.views.decorators.cache import cache_page
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.caching import cache_endpoint
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.http_to_grpc import http_to_grpc
from django_socio_grpc.permissions import GRPCActionBasePermission
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from rest_framework.permissions import IsAuthenticated

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class Denied(GRPCActionBasePermission):
    def has_permission(self, context: Any, service: Any) -> Any:
        return False

    def has_object_permission(self, context: Any, service: Any, obj: Any) -> Any:
        return False


class SyncSafe(Service):
    service_name = "Safe"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Open(self, request: Any, context: Any) -> Any:
        return self.pb.SafeOpenResponse(text="secret")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Watch(self, request: Any, context: Any) -> Any:
        yield self.pb.SafeWatchResponse(text="secret")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Write(self, request: Any, context: Any) -> Any:
        context.write(self.pb.SafeWriteResponse(text="secret"))


class AsyncSafe(SyncSafe):
    async def Open(self, request: Any, context: Any) -> Any:
        return self.pb.SafeOpenResponse(text="secret")

    async def Watch(self, request: Any, context: Any) -> Any:
        yield self.pb.SafeWatchResponse(text="secret")

    async def Write(self, request: Any, context: Any) -> Any:
        await context.write(self.pb.SafeWriteResponse(text="secret"))


services = pytest.mark.parametrize("service", [SyncSafe, AsyncSafe])


def with_(service: type[Service], **attributes: Any) -> type[Service]:
    return type(service.__name__, (service,), attributes)


def got(call: Any) -> tuple[list[str], StatusCode]:
    """The texts that a call gives, and how it ends."""
    texts = []
    try:
        reply = call()
        for message in [reply] if hasattr(reply, "DESCRIPTOR") else reply:
            texts.append(message.text)
    except grpc.RpcError as error:
        return texts, error.code()
    return texts, StatusCode.OK


def ends(stub: Stub) -> set[StatusCode]:
    """How all calls end, none of which gives anything."""
    results = [got(call) for call in (stub.Open, stub.Watch, stub.Write)]
    assert [texts for texts, _ in results] == [[], [], []]
    return {code for _, code in results}


@services
def test_an_override_of_permission_denied_chooses_the_error_alone(
    mode: Mode, service: type[Service]
) -> None:
    def permission_denied(self: Any, permission: Any) -> None:
        """It only notes who was refused."""

    rules = {"permission_classes": [Denied], "permission_denied": permission_denied}
    with stub_of(mode, with_(service, **rules)) as stub:
        assert ends(stub) == {StatusCode.PERMISSION_DENIED}


@pytest.mark.parametrize(
    "name", ["permission_denied", "get_permissions", "get_authenticators", "get_throttles"]
)
def test_an_async_hook_that_nobody_would_await_is_refused_at_startup(
    mode: Mode, name: str
) -> None:
    async def hook(self: Any, *args: Any) -> Any:
        return []

    service = with_(SyncSafe, **{name: hook})
    with pytest.raises(ConfigurationError, match=f"{name} is async"), stub_of(mode, service):
        pass


@services
@pytest.mark.parametrize("kind", ["coroutine", "method", "async generator"])
def test_a_permission_that_answers_with_what_is_always_true(
    mode: Mode, service: type[Service], kind: str, recwarn: pytest.WarningsRecorder
) -> None:
    """``super().has_permission(...)`` without ``await``, ``user.is_owner`` without ``()``."""

    class Inner(GRPCActionBasePermission):
        async def has_permission(self, context: Any, service: Any) -> Any:  # type: ignore[override]
            return False

    class Careless(Inner):
        async def has_permission(self, context: Any, service: Any) -> Any:  # type: ignore[override]
            return super().has_permission(context, service)

    class Uncalled(GRPCActionBasePermission):
        def has_permission(self, context: Any, service: Any) -> Any:
            return context.is_active

    class Yielding(GRPCActionBasePermission):
        async def has_permission(self, context: Any, service: Any) -> Any:
            yield False

    rule = {"coroutine": Careless, "method": Uncalled, "async generator": Yielding}[kind]
    for classes in ([rule], [rule & rule], [~~rule]):
        with stub_of(mode, with_(service, permission_classes=classes)) as stub:
            assert ends(stub) == {StatusCode.INTERNAL}


@services
def test_policies_that_only_a_call_knows(mode: Mode, service: type[Service]) -> None:
    """A property that goes by the action says nothing before there is one."""

    def classes(self: Any) -> list[type]:
        return [Denied] if getattr(self, "action", None) else []

    with stub_of(mode, with_(service, permission_classes=property(classes))) as stub:
        assert ends(stub) == {StatusCode.PERMISSION_DENIED}


@pytest.mark.parametrize("name", ["permission_classes", "authentication_classes"])
@pytest.mark.parametrize(
    "value",
    [
        IsAuthenticated,
        [IsAuthenticated()],
        "rest_framework.permissions.IsAuthenticated",
        ["rest_framework.permissions.IsAuthenticated"],
        filter(None, [IsAuthenticated]),  # from the second call on it is empty
    ],
)
def test_policies_that_are_no_list_of_classes(mode: Mode, name: str, value: Any) -> None:
    service = with_(SyncSafe, **{name: value})
    match = f"{name} is .* Give a list of classes"
    with pytest.raises(ConfigurationError, match=match), stub_of(mode, service):
        pass


def swallow(context: Any) -> None:
    with suppress(Exception):
        context.abort(StatusCode.UNAUTHENTICATED, "Who are you?")


def test_no_reply_follows_an_abort_that_is_swallowed(mode: Mode) -> None:
    class Sync(SyncSafe):
        def Open(self, request: Any, context: Any) -> Any:
            swallow(context)
            return super().Open(request, context)

        def Watch(self, request: Any, context: Any) -> Any:
            swallow(context)
            yield from super().Watch(request, context)

        def Write(self, request: Any, context: Any) -> Any:
            swallow(context)
            super().Write(request, context)

    class Async(AsyncSafe):
        async def Open(self, request: Any, context: Any) -> Any:
            swallow(context)
            return await super().Open(request, context)

        async def Watch(self, request: Any, context: Any) -> Any:
            swallow(context)
            async for reply in super().Watch(request, context):
                yield reply

        async def Write(self, request: Any, context: Any) -> Any:
            swallow(context)
            await super().Write(request, context)

    for service in (Sync, Async):
        with stub_of(mode, service) as stub:
            assert ends(stub) == {StatusCode.UNAUTHENTICATED}


def test_no_reply_follows_a_step_that_is_not_awaited(
    mode: Mode, recwarn: pytest.WarningsRecorder
) -> None:
    class Careless(AsyncSafe):
        async def Open(self, request: Any, context: Any) -> Any:
            self.check_permissions()
            return await super().Open(request, context)

        async def Watch(self, request: Any, context: Any) -> Any:
            self.check_permissions()
            async for reply in super().Watch(request, context):
                yield reply

        async def Write(self, request: Any, context: Any) -> Any:
            self.check_permissions()
            await super().Write(request, context)

    with stub_of(mode, Careless) as stub:
        assert ends(stub) == {StatusCode.INTERNAL}


@pytest.mark.django_db(transaction=True)
def test_a_step_that_an_async_hook_does_not_await(
    mode: Mode, recwarn: pytest.WarningsRecorder
) -> None:
    class TagProtoSerializer(ModelProtoSerializer):
        class Meta:
            model = Tag
            fields = ["id", "label"]

    class TagService(generics.AsyncListService):
        queryset = Tag.objects.all()
        serializer_class = TagProtoSerializer

        async def aget_queryset(self) -> Any:
            self.check_permissions()
            return await super().aget_queryset()

    Tag.objects.create(label="secret")
    with stub_of(mode, TagService) as stub:
        assert got(stub.List) == ([], StatusCode.INTERNAL)


@pytest.mark.parametrize(
    "decorator",
    [cache_endpoint(300), http_to_grpc(cache_page(300), request_setter={"method": "GET"})],
)
@pytest.mark.parametrize("kind", ["not awaited", "aborted", "code"])
def test_a_reply_that_nobody_was_to_get_is_not_kept(
    mode: Mode, decorator: Any, kind: str, recwarn: pytest.WarningsRecorder
) -> None:
    class Careless(Service):
        service_name = "Safe"
        pb: Any

        @grpc_action(request=TEXT, response=TEXT)
        @decorator  # type: ignore[untyped-decorator]
        async def Open(self, request: Any, context: Any) -> Any:
            if kind == "not awaited":
                self.check_permissions()
            elif kind == "aborted":
                swallow(context)
            else:
                context.set_code(StatusCode.NOT_FOUND)
            return self.pb.SafeOpenResponse(text="secret")

    cache.clear()
    with stub_of(mode, Careless) as stub:
        for _ in range(2):
            texts, code = got(stub.Open)
            assert texts == []
            assert code is not StatusCode.OK
