"""The hooks of a service before and after its action, in either colour, on both servers."""

import asyncio
from typing import Any

import grpc
import pytest
from around import call, inner, kinds, log, middlewares, services
from asgiref.sync import sync_to_async
from declared import stub_of
from django_socio_grpc.exceptions import PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import ByDatabase, ByToken, as_, with_policies
from rest_framework.permissions import IsAuthenticated


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()


class SyncHooks(Service):
    """To mix into a service."""

    def before_action(self) -> None:
        super().before_action()
        log(f"before {self.action}")

    def after_action(self) -> None:
        log(f"after {self.action}")
        super().after_action()


class AsyncHooks(Service):
    async def before_action(self) -> None:
        await asyncio.sleep(0)
        if (
            self.request.__class__.__name__ == "EchoUnaryRequest"
            and self.request.text == "refused"
        ):
            raise PermissionDenied
        log(f"before {self.action}")

    async def after_action(self) -> None:
        await asyncio.sleep(0)
        log(f"after {self.action}")


def hooked(service: type[Service], hooks: type[Service]) -> type[Service]:
    return type(service.__name__, (hooks, service), {})


@services
@kinds
@pytest.mark.parametrize("hooks", [SyncHooks, AsyncHooks])
@middlewares(inner)
def test_before_and_after_an_action(
    mode: Mode, service: type[Service], hooks: type[Service], kind: str
) -> None:
    with stub_of(mode, hooked(service, hooks)) as stub:
        assert call(stub, kind, "ab") == "ab"
        assert log.wait_for("inner ends")
    letters = ["a", "b"] if kind == "Stream" else []
    before, after = f"before {kind}", f"after {kind}"
    assert log.events == ["inner begins", before, "handler ab", *letters, after, "inner ends"]


@services
@kinds
@pytest.mark.parametrize("hooks", [SyncHooks, AsyncHooks])
def test_nothing_runs_after_an_action_that_failed(
    mode: Mode, service: type[Service], hooks: type[Service], kind: str
) -> None:
    with stub_of(mode, hooked(service, hooks)) as stub, pytest.raises(grpc.RpcError):
        call(stub, kind, "missing")
    assert log.events == [f"before {kind}"]


@services
def test_an_async_hook_may_refuse_a_call(mode: Mode, service: type[Service]) -> None:
    with (
        stub_of(mode, hooked(service, AsyncHooks)) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        call(stub, "Unary", "refused")
    assert caught.value.code() is StatusCode.PERMISSION_DENIED
    assert log.events == []


@services
@pytest.mark.parametrize("name", ["perform_authentication", "check_permissions"])
def test_an_async_step_before_the_action_is_awaited(
    mode: Mode, service: type[Service], name: str
) -> None:
    async def step(self: Any) -> None:
        raise PermissionDenied

    with (
        stub_of(mode, type(service.__name__, (service,), {name: step})) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        call(stub, "Unary", "ab")
    assert caught.value.code() is StatusCode.PERMISSION_DENIED
    assert log.events == []


class Doorkeeper(Service):
    """Adds to what the base class does before an action, from async code."""

    async def before_action(self) -> None:
        await super().before_action()
        log(f"{self.context.user.name} is in")


class ThreadedDoorkeeper(Service):
    async def before_action(self) -> None:
        await sync_to_async(super().before_action)()
        log(f"{self.context.user.name} is in")


@services
@kinds
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("authenticator", [ByToken, ByDatabase])
@pytest.mark.parametrize("hooks", [Doorkeeper, ThreadedDoorkeeper])
def test_an_async_hook_may_call_what_it_overrides(
    mode: Mode, service: type[Service], kind: str, authenticator: type, hooks: type[Service]
) -> None:
    Tag.objects.create(label="ada")
    keeper = with_policies(
        hooked(service, hooks),
        authentication_classes=[authenticator],
        permission_classes=[IsAuthenticated],
    )
    with stub_of(mode, keeper) as stub:
        assert call(as_(stub, token="ada", label="ada"), kind, "ab") == "ab"
        assert "ada is in" in log.events
        with pytest.raises(grpc.RpcError) as caught:
            call(stub, kind, "ab")
    assert caught.value.code() is StatusCode.UNAUTHENTICATED
