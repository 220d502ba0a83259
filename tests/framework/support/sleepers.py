"""Services whose handlers wait for the database: sync and async, with streams and without."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from around import Log
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from library.models import Tag

SECONDS = [{"name": "seconds", "type": "double"}]
NUMBER = [{"name": "number", "type": "int32"}]


def sleep(seconds: float) -> int:
    """Wait in the database; return the process of the database that waited."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_sleep(%s)", [seconds])
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def backend() -> int:
    return sleep(0)


def fetch(log: Log) -> None:
    """Ask a cursor of the database's for rows that take their time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute("SELECT number, pg_sleep(0.1) FROM generate_series(1, 600) AS number")
        log("begun")
        cursor.fetchmany(600)


class Sleeper(Service):
    service_name = "Sleeper"
    pb: Any
    log: Log

    @classmethod
    def noted(cls, label: str) -> None:
        """Write, as a handler does to clean up."""
        Tag.objects.create(label=label)
        cls.log(label)


class SyncSleeper(Sleeper):
    @grpc_action(request=SECONDS, response=NUMBER)
    def Sleep(self, request: Any, context: Any) -> Any:
        number = backend()
        self.log("begun")
        try:
            sleep(request.seconds)
        except Exception as exc:
            self.log(type(exc).__name__)
            self.noted("cleaned up")
            raise
        return self.pb.SleeperSleepResponse(number=number)

    @grpc_action(request=SECONDS, response=NUMBER)
    def Many(self, request: Any, context: Any) -> Any:
        self.log("begun")
        try:
            while True:
                sleep(0.001)
        except Exception as exc:
            self.log(type(exc).__name__)
            raise

    @grpc_action(request=SECONDS, response=NUMBER)
    def Whole(self, request: Any, context: Any) -> Any:
        with transaction.atomic():
            Tag.objects.create(label="half")
            self.log("begun")
            sleep(request.seconds)
        return self.pb.SleeperWholeResponse()

    @grpc_action(request=SECONDS, response=NUMBER)
    def Fetch(self, request: Any, context: Any) -> None:
        fetch(self.log)

    @grpc_action(request=SECONDS, response=NUMBER, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        backend()
        self.log("begun")
        try:
            yield self.pb.SleeperStreamResponse(number=1)
            sleep(request.seconds)
            yield self.pb.SleeperStreamResponse(number=2)
        finally:
            self.noted("cleaned up")

    @grpc_action(request=SECONDS, response=NUMBER)
    def Backend(self, request: Any, context: Any) -> Any:
        return self.pb.SleeperBackendResponse(number=sleep(request.seconds))


class AsyncSleeper(Sleeper):
    @grpc_action(request=SECONDS, response=NUMBER)
    async def Sleep(self, request: Any, context: Any) -> Any:
        number = await sync_to_async(backend)()
        self.log("begun")
        try:
            await sync_to_async(sleep)(request.seconds)
        except BaseException as exc:
            self.log(type(exc).__name__)
            await sync_to_async(self.noted)("cleaned up")
            raise
        return self.pb.SleeperSleepResponse(number=number)

    @grpc_action(request=SECONDS, response=NUMBER)
    async def Many(self, request: Any, context: Any) -> Any:
        self.log("begun")
        try:
            while True:
                await sync_to_async(sleep)(0.001)
        except BaseException as exc:
            self.log(type(exc).__name__)
            raise

    @grpc_action(request=SECONDS, response=NUMBER)
    async def Whole(self, request: Any, context: Any) -> Any:
        def whole() -> None:
            with transaction.atomic():
                Tag.objects.create(label="half")
                self.log("begun")
                sleep(request.seconds)

        await asyncio.to_thread(whole)
        return self.pb.SleeperWholeResponse()

    @grpc_action(request=SECONDS, response=NUMBER)
    async def Fetch(self, request: Any, context: Any) -> None:
        await sync_to_async(fetch)(self.log)

    @grpc_action(request=SECONDS, response=NUMBER, response_stream=True)
    async def Stream(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await sync_to_async(backend)()
        self.log("begun")
        try:
            yield self.pb.SleeperStreamResponse(number=1)
            await sync_to_async(sleep)(request.seconds)
            yield self.pb.SleeperStreamResponse(number=2)
        finally:
            await sync_to_async(self.noted)("cleaned up")

    @grpc_action(request=SECONDS, response=NUMBER)
    async def Backend(self, request: Any, context: Any) -> Any:
        return self.pb.SleeperBackendResponse(number=await sync_to_async(sleep)(request.seconds))
