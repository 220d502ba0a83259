"""The caches that replies are kept in: one that is down, another one, a slow one."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cached import BrokenCache, ReadOnlyCache, SlowCache, backend
from declared import stub_of
from django.core.cache import cache
from django.test import override_settings
from django_socio_grpc.decorators import cache_endpoint, grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from reports import TEXT, AsyncReport, Report, runs, services


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    runs.clear()
    cache.clear()
    yield
    cache.clear()


@services
@pytest.mark.parametrize("cls", [BrokenCache, ReadOnlyCache])
def test_a_cache_that_is_down_is_done_without(
    mode: Mode, service: type[Service], cls: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(CACHES=backend(cls)), stub_of(mode, service) as stub:
        assert [stub.Read(text="a").text for _ in range(2)] == ["a 1", "a 2"]
    logged = [record for record in caplog.records if "goes on without its cache" in record.message]
    assert len(logged) == 2
    assert all("cache-1 is down" in record.message for record in logged)


@services
def test_a_kept_message_that_the_contract_knows_no_more_is_none(
    mode: Mode, service: type[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    with stub_of(mode, service) as stub:
        stub.Read(text="a")
        ((key, (version, _, data, metadata)),) = [
            (key, cache.get(key)) for key in [key.split(":", 2)[2] for key in entries()]
        ]
        cache.set(key, (version, "tests.Gone", data, metadata))
        assert stub.Read(text="a").text == "a 2"
        cache.set(key, (version, "tests.ReportReadResponse", b"\xff", metadata))
        assert stub.Read(text="a").text == "a 3"
        cache.set(key, "what others keep here")
        assert stub.Read(text="a").text == "a 4"


def entries() -> list[str]:
    kept: dict[str, Any] = cache._cache  # type: ignore[attr-defined]
    return list(kept)


@services
def test_other_names_of_a_cache_and_prefixes(mode: Mode, service: type[Service]) -> None:
    other = {"other": {**backend(SlowCache)["default"], "LOCATION": "other"}}

    class Prefixed(Report):
        @grpc_action(request=TEXT, response=TEXT)
        @cache_endpoint(300, cache="other", key_prefix="mine")
        def Read(self, request: Any, context: Any) -> Any:
            return self.reply(request.text)

    with (
        override_settings(CACHES={**backend(BrokenCache), **other}),
        stub_of(mode, Prefixed) as stub,
    ):
        assert [stub.Read(text="a").text for _ in range(2)] == ["a 1", "a 1"]


def test_a_cache_that_is_not_in_the_settings(mode: Mode) -> None:
    class Elsewhere(Report):
        @grpc_action(request=TEXT, response=TEXT)
        @cache_endpoint(300, cache="fast")
        def Read(self, request: Any, context: Any) -> Any: ...

    message = "@cache_endpoint of Elsewhere.Read names the cache 'fast', and CACHES has: default."
    with pytest.raises(ConfigurationError, match=message), stub_of(mode, Elsewhere):
        raise AssertionError("it serves")


def test_a_lookup_of_an_async_handler_does_not_block_the_loop() -> None:
    class Busy(AsyncReport):
        @grpc_action(request=TEXT, response=TEXT)
        async def Ping(self, request: Any, context: Any) -> Any:
            return self.pb.ReportPingResponse()

    with (
        override_settings(CACHES=backend(SlowCache)),
        stub_of("aio", Busy) as stub,
        ThreadPoolExecutor(1) as threads,
    ):
        stub.Ping()
        slow = threads.submit(stub.Read, text="a")
        time.sleep(0.2)
        start = time.monotonic()
        stub.Ping()
        assert time.monotonic() - start < 0.5
        assert slow.result().text == "a 1"
