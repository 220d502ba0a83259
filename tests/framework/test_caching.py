"""``cache_endpoint``: which replies are kept, for how long, and from whom they are kept."""

import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from declared import stub_of
from django.core.cache import cache
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from reports import runs, services
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    runs.clear()
    cache.clear()
    yield
    cache.clear()


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
