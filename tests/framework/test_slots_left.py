"""Async code that queries outside of its call: after it, around it, and beside the server."""

import asyncio
from typing import Any

import grpc
import pytest
from asgiref.sync import sync_to_async
from declared import Contract
from django.db import connection, connections, transaction
from django.test import override_settings
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.server.aio import AioServer
from django_socio_grpc.server.config import ServerConfig
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, RunningServer, serve
from library.models import Tag
from waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
tasks: list["asyncio.Task[None]"] = []
seen: list[Any] = []


def users_of(running: RunningServer) -> int:
    """How many calls and tasks hold a slot; of a sync server's nobody knows."""
    return running.server.slots.users if isinstance(running.server, AioServer) else 0


class LateService(Service):
    service_name = "Late"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    async def Say(self, request: Any, context: Any) -> Any:
        """Asks no database, and starts what does when the call is over."""

        async def later() -> None:
            while context.is_active():
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            await Tag.objects.acount()
            seen.append(await _connection())

        tasks.append(asyncio.create_task(later()))
        return self.pb.LateSayResponse(text=request.text)


async def _connection() -> Any:
    return await sync_to_async(lambda: connections["default"])()


@pytest.fixture(autouse=True)
def nothing_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    seen.clear()
    tasks.clear()


def test_a_task_whose_call_has_asked_no_database_holds_no_slot(mode: Mode) -> None:
    contract = Contract(LateService)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        for _ in range(3):
            contract.stub(channel).Say(text="a")
        until(lambda: len(seen) == 3)
        assert users_of(running) == 0
        until(lambda: all(wrapper.connection is None for wrapper in seen))


class Around(grpc.aio.ServerInterceptor):
    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        await Tag.objects.acount()
        handler = await continuation(details)

        async def serve(request: Any, context: Any) -> Any:
            reply = await handler.stream_unary(request, context)
            await Tag.objects.acount()
            seen.append(await _connection())
            return reply

        return grpc.stream_unary_rpc_method_handler(serve)


def test_an_interceptor_that_queries_after_the_call_holds_no_slot() -> None:
    contract = Contract(LateService)
    with (
        override_settings(GRPC_FRAMEWORK={"SERVER_INTERCEPTORS": [Around()]}),
        serve("aio", contract.hook) as running,
        running.channel() as channel,
    ):
        for _ in range(3):
            contract.stub(channel).Say(text="a")
        until(lambda: len(seen) == 6)
        until(lambda: users_of(running) == 0)
        until(lambda: all(wrapper.connection is None for wrapper in seen))


class Reading(grpc.aio.ServerInterceptor):
    """Reads rows in several jobs, and has a transaction of several."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        rows = Tag.objects.order_by("id").aiterator(chunk_size=2)
        seen.append([tag.label async for tag in rows])
        block = transaction.atomic()
        await sync_to_async(block.__enter__)()
        await Tag.objects.acreate(label="new")
        await sync_to_async(block.__exit__)(None, None, None)
        return await continuation(details)


def test_an_interceptor_has_one_connection_until_its_call_is_over() -> None:
    Tag.objects.bulk_create(Tag(label=label) for label in "abcde")
    contract = Contract(LateService)
    with (
        override_settings(GRPC_FRAMEWORK={"SERVER_INTERCEPTORS": [Reading()]}),
        serve("aio", contract.hook) as running,
        running.channel() as channel,
    ):
        contract.stub(channel).Say(text="a")
        assert seen[0] == ["a", "b", "c", "d", "e"]
        until(lambda: users_of(running) == 0)
    assert Tag.objects.filter(label="new").exists()


def test_who_starts_a_server_may_query_when_it_has_stopped() -> None:
    contract = Contract(LateService)

    async def main() -> None:
        server = AioServer(ServerConfig(address="127.0.0.1:0", hook=contract.hook))
        await server.start()
        await Tag.objects.acount()
        await server.stop(0)
        await Tag.objects.acount()
        await sync_to_async(connections.close_all)()

    asyncio.run(main())
