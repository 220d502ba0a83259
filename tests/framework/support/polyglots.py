"""A service whose answers are translated, in both colours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from around import (
    AsyncEcho,
    SyncEcho,
)
from django.utils import translation


class Polyglot(SyncEcho):
    def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUnaryResponse(text=translation.gettext("January"))

    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        for _ in range(3):
            yield self.pb.EchoStreamResponse(text=translation.gettext("January"))

    def Upload(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUploadResponse(text=translation.gettext(next(iter(request)).text))

    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.EchoChatResponse(text=translation.gettext(message.text))
            yield self.pb.EchoChatResponse(text=translation.gettext(message.text))


class AsyncPolyglot(AsyncEcho):
    async def Unary(self, request: Any, context: Any) -> Any:
        await asyncio.sleep(0)
        return self.pb.EchoUnaryResponse(text=translation.gettext("January"))

    async def Stream(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for _ in range(3):
            yield self.pb.EchoStreamResponse(text=translation.gettext("January"))
            await asyncio.sleep(0)

    async def Upload(self, request: Any, context: Any) -> Any:
        texts = [message.text async for message in request]
        return self.pb.EchoUploadResponse(text=translation.gettext(texts[0]))

    async def Chat(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for message in request:
            yield self.pb.EchoChatResponse(text=translation.gettext(message.text))
            yield self.pb.EchoChatResponse(text=translation.gettext(message.text))


TIMES = {"Unary": 1, "Stream": 3, "Upload": 1, "Chat": 2}


polyglots = pytest.mark.parametrize("service", [Polyglot, AsyncPolyglot])
