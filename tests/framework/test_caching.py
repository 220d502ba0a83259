"""``cache_endpoint`` and ``vary_on_metadata``: whose reply is kept, and for whom."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from cached import BrokenCache, ByName, ReadOnlyCache, SlowCache, backend
from declared import Stub, stub_of
from django.core.cache import cache
from django.test import override_settings
from django.utils import translation
from django_socio_grpc import mixins
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.concurrency import sync_twin
from django_socio_grpc.decorators import cache_endpoint, grpc_action, vary_on_metadata
from django_socio_grpc.exceptions import ConfigurationError, NotFound
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
runs: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    runs.clear()
    cache.clear()
    yield
    cache.clear()


class Report(Service):
    service_name = "Report"
    pb: Any
    authentication_classes = [ByName]

    def reply(self, text: str, name: str = "Read") -> Any:
        runs.append(text)
        reply = getattr(self.pb, f"Report{name}Response")
        return reply(text=f"{text} {len(runs)}")


class SyncReport(Report):
    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def Read(self, request: Any, context: Any) -> Any:
        return self.reply(request.text)

    @cache_endpoint(300)
    @grpc_action(request=TEXT, response=TEXT)
    def Above(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Above")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    @vary_on_metadata("X-Tenant", "x_area")
    def Varied(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Varied")

    @vary_on_metadata("x-tenant")
    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def VariedAbove(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "VariedAbove")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def Fail(self, request: Any, context: Any) -> Any:
        runs.append(request.text)
        match request.text:
            case "raise":
                raise NotFound("No.")
            case "abort":
                context.abort(StatusCode.NOT_FOUND, "No.")
            case "swallow":
                try:
                    context.abort(StatusCode.NOT_FOUND, "No.")
                except Exception:
                    return self.pb.ReportFailResponse()
        context.set_code(StatusCode.NOT_FOUND)
        return self.pb.ReportFailResponse()

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def Trailing(self, request: Any, context: Any) -> Any:
        name, _, value = request.text.partition("=")
        context.set_trailing_metadata([*context.trailing_metadata(), (name, value)])
        return self.reply(request.text, "Trailing")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(0.4)
    def Short(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Short")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(0)
    def Never(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Never")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def Language(self, request: Any, context: Any) -> Any:
        return self.reply(translation.get_language() or "", "Language")


class AsyncReport(SyncReport):
    """The same actions, each of an async handler."""

    @cache_endpoint(300)
    async def Read(self, request: Any, context: Any) -> Any:
        return self.reply(request.text)

    @cache_endpoint(300)
    async def Above(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Above")

    @cache_endpoint(300)
    @vary_on_metadata("X-Tenant", "x_area")
    async def Varied(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Varied")

    @vary_on_metadata("x-tenant")
    @cache_endpoint(300)
    async def VariedAbove(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "VariedAbove")

    @cache_endpoint(300)
    async def Fail(self, request: Any, context: Any) -> Any:
        return SyncReport.Fail.__wrapped__(self, request, context)  # type: ignore[attr-defined]

    @cache_endpoint(300)
    async def Trailing(self, request: Any, context: Any) -> Any:
        return SyncReport.Trailing.__wrapped__(self, request, context)  # type: ignore[attr-defined]

    @cache_endpoint(0.4)
    async def Short(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Short")

    @cache_endpoint(0)
    async def Never(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Never")

    @cache_endpoint(300)
    async def Language(self, request: Any, context: Any) -> Any:
        return self.reply(translation.get_language() or "", "Language")


services = pytest.mark.parametrize("service", [SyncReport, AsyncReport])


def as_(stub: Stub, **metadata: str) -> Stub:
    pairs = [(name.replace("__", "-"), value) for name, value in metadata.items()]
    return stub.options(metadata=pairs, timeout=10)


@services
@pytest.mark.parametrize("action", ["Read", "Above"])
def test_the_same_call_has_the_same_reply(mode: Mode, service: type[Service], action: str) -> None:
    with stub_of(mode, service) as stub:
        assert [getattr(stub, action)(text="a").text for _ in range(3)] == ["a 1"] * 3
    assert runs == ["a"]


@services
def test_another_request_has_another_reply(mode: Mode, service: type[Service]) -> None:
    """The public package leaves the request out of its key."""
    with stub_of(mode, service) as stub:
        assert [stub.Read(text=text).text for text in "abab"] == ["a 1", "b 2", "a 1", "b 2"]


@services
def test_another_user_has_another_reply(mode: Mode, service: type[Service]) -> None:
    """The public package leaves the user out of its key."""
    one = {"x__user": "ada"}
    callers = [one, {"x__user": "bob"}, {}, {"x__key": "k1"}, {"x__key": "k2"}]
    callers += [{**one, "x__key": "k1"}, {**one, "x__key": "k2"}]  # keys of other rights, maybe
    with stub_of(mode, service) as stub:
        first = [as_(stub, **caller).Read(text="a").text for caller in callers]
        again = [as_(stub, **caller).Read(text="a").text for caller in callers]
    assert first == again == [f"a {number}" for number in range(1, 8)]


@services
def test_a_user_without_an_identity_is_never_taken_for_another(
    mode: Mode, service: type[Service]
) -> None:
    with stub_of(mode, service) as stub:
        assert [as_(stub, x__user="?").Read(text="a").text for _ in range(2)] == ["a 1", "a 2"]


@services
@pytest.mark.parametrize("name", ["filters", "pagination"])
def test_other_filters_and_pages_have_other_replies(
    mode: Mode, service: type[Service], name: str
) -> None:
    asked = [json.dumps({"page": page}) for page in (1, 2, 1)]
    with stub_of(mode, service) as stub:
        texts = [as_(stub, **{name: value}).Read(text="a").text for value in asked]
    assert texts == ["a 1", "a 2", "a 1"]


@services
@pytest.mark.parametrize("action", ["Varied", "VariedAbove"])
def test_metadata_that_the_reply_depends_on(
    mode: Mode, service: type[Service], action: str
) -> None:
    headers = json.dumps({"x-tenant": "three"})
    with stub_of(mode, service) as stub:
        stubs = [as_(stub, x__tenant="one"), as_(stub, x__tenant="two"), stub]
        stubs += [as_(stub, headers=headers), as_(stub, x__tenant="one", x__other="1")]
        texts = [getattr(one, action)(text="a").text for one in stubs]
    assert texts == ["a 1", "a 2", "a 3", "a 4", "a 1"]


@services
def test_metadata_whose_name_no_header_may_have(mode: Mode, service: type[Service]) -> None:
    """Names with an underscore stay out of META, and must count all the same."""
    with stub_of(mode, service) as stub:
        texts = [as_(stub, x_area=area).Varied(text="a").text for area in ("n", "s", "n")]
    assert texts == ["a 1", "a 2", "a 1"]


@services
def test_all_values_of_a_name_count(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        pairs = [("x-tenant", "one"), ("x-tenant", "two")]
        twice = stub.options(metadata=pairs)
        assert twice.Varied(text="a").text == "a 1"
        assert as_(stub, x__tenant="two").Varied(text="a").text == "a 2"


@services
def test_the_language_counts(mode: Mode, service: type[Service]) -> None:
    middlewares = ["django_socio_grpc.middlewares.locale_middleware"]
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": middlewares}),
        stub_of(mode, service) as stub,
    ):
        spoken = [{"accept__language": language} for language in ("fr", "de", "fr")]
        texts = [as_(stub, **metadata).Language(text="a").text for metadata in spoken]
    assert texts == ["fr 1", "de 2", "fr 1"]


@services
@pytest.mark.parametrize("how", ["raise", "abort", "swallow", "set_code"])
def test_nothing_is_kept_of_a_call_that_fails(
    mode: Mode, service: type[Service], how: str
) -> None:
    with stub_of(mode, service) as stub:
        for _ in range(2):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Fail(text=how)
            assert caught.value.code() is StatusCode.NOT_FOUND
    assert runs == [how, how]


@services
def test_trailing_metadata_are_kept_with_the_reply(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        request = stub.pb.ReportTrailingRequest(text="x-total=7")
        for _ in range(2):
            reply, call = stub.method("Trailing").with_call(request)
            assert reply.text == "x-total=7 1"
            assert dict(call.trailing_metadata())["x-total"] == "7"


@services
@pytest.mark.parametrize("text", ["set-cookie=a=b", "cache-control=private, max-age=3"])
def test_a_handler_may_say_that_its_reply_is_for_one_call(
    mode: Mode, service: type[Service], text: str
) -> None:
    with stub_of(mode, service) as stub:
        assert [stub.Trailing(text=text).text for _ in range(2)] == [f"{text} 1", f"{text} 2"]


@services
def test_replies_end_after_the_timeout(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert [stub.Short(text="a").text for _ in range(2)] == ["a 1", "a 1"]
        time.sleep(0.5)
        assert stub.Short(text="a").text == "a 2"
        assert [stub.Never(text="a").text for _ in range(2)] == ["a 3", "a 4"]


class Door(BasePermission):
    """Open, until it is shut."""

    shut = False

    def has_permission(self, request: Any, view: Any) -> bool:
        return not self.shut


@services
def test_who_may_not_call_gets_no_kept_reply(
    mode: Mode, service: type[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = type(service.__name__, (service,), {"permission_classes": [Door]})
    with stub_of(mode, guarded) as stub:
        assert stub.Read(text="a").text == "a 1"
        monkeypatch.setattr(Door, "shut", True)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Read(text="a")
        assert caught.value.code() is StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.RpcError):
            stub.Read(text="refused first")
        monkeypatch.setattr(Door, "shut", False)
        assert stub.Read(text="a").text == "a 1"
        assert stub.Read(text="refused first").text == "refused first 2"


class TwoCalls(BaseThrottle):
    calls = 0

    def allow_request(self, request: Any, view: Any) -> bool:
        TwoCalls.calls += 1
        return TwoCalls.calls <= 2

    def wait(self) -> float:
        return 7


@services
def test_kept_replies_are_throttled_too(
    mode: Mode, service: type[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TwoCalls, "calls", 0)
    throttled = type(service.__name__, (service,), {"throttle_classes": [TwoCalls]})
    with stub_of(mode, throttled) as stub:
        assert [stub.Read(text="a").text for _ in range(2)] == ["a 1", "a 1"]
        with pytest.raises(grpc.RpcError) as caught:
            stub.Read(text="a")
    assert caught.value.code() is StatusCode.RESOURCE_EXHAUSTED


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


def test_a_cached_untouched_action_stays_one_hop() -> None:
    decorators: list[Callable[..., Any]] = [cache_endpoint(300), vary_on_metadata("x-tenant")]
    handler = mixins.AsyncListModelMixin.List
    for decorator in decorators:
        handler = decorator(handler)
        assert sync_twin(handler) is not None
    assert handler.grpc_action is mixins.ListModelMixin.List.grpc_action  # type: ignore[attr-defined]


@services
def test_an_override_may_call_what_is_cached(mode: Mode, service: type[Service]) -> None:
    class Louder(SyncReport):
        def Read(self, request: Any, context: Any) -> Any:
            reply = super().Read(request, context)
            return self.pb.ReportReadResponse(text=reply.text.upper())

    class AsyncLouder(AsyncReport):
        async def Read(self, request: Any, context: Any) -> Any:
            reply = await super().Read(request, context)
            return self.pb.ReportReadResponse(text=reply.text.upper())

    louder = Louder if service is SyncReport else AsyncLouder
    with stub_of(mode, louder) as stub:
        assert [stub.Read(text="a").text for _ in range(2)] == ["A 1", "A 1"]


def test_streams_are_refused_when_they_are_decorated() -> None:
    message = r"@cache_endpoint is for actions with one request and one reply, and .*Stream has"
    for stream in (sync_stream, async_stream, mixins.AsyncStreamModelMixin.Stream):
        with pytest.raises(ValueError, match=message):
            cache_endpoint(300)(stream)
    with pytest.raises(ValueError, match="has a stream"):
        cache_endpoint(300)(grpc_action(request_stream=True)(lambda self, request, context: None))


def sync_Stream(self: Any, request: Any, context: Any) -> Any:
    yield


async def async_Stream(self: Any, request: Any, context: Any) -> Any:
    yield


sync_stream, async_stream = sync_Stream, async_Stream


def test_streams_are_refused_when_they_are_registered(mode: Mode) -> None:
    class Streams(Report):
        @grpc_action(request=TEXT, response=TEXT, response_stream=True)
        @cache_endpoint(300)
        def Write(self, request: Any, context: Any) -> Any:
            context.write(self.pb.ReportWriteResponse())

    refused = pytest.raises(ValueError, match=r"Streams\.Write has a stream")
    with refused as caught, stub_of(mode, Streams):
        raise AssertionError("it serves")
    assert isinstance(caught.value, ConfigurationError)
