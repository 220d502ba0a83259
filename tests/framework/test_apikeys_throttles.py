"""How often a key may be used, on both servers."""

from typing import Any

import grpc
import pytest
from declared import Stub, code_of, stub_of, trailers_of
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django_socio_grpc.apikeys.authentication import APIKeyAuthentication
from django_socio_grpc.apikeys.throttles import APIKeyRateThrottle
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.rates import read_rate
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from google.rpc.error_details_pb2 import RetryInfo
from grpc import StatusCode
from grpc_status import rpc_status
from keyed import forget_all, holding, issue, keyed, showing
from policies import ByToken
from rest_framework.permissions import IsAuthenticated
from whoami import SyncWho, database, services

pytestmark = database
OK, EXHAUSTED = StatusCode.OK, StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_all()


class TwiceADay(APIKeyRateThrottle):
    rate = "2/day"


def limited(service: type[Service], throttle: type = TwiceADay) -> type[Service]:
    rules = {
        "authentication_classes": [APIKeyAuthentication, ByToken],
        "permission_classes": [IsAuthenticated],
        "throttle_classes": [throttle],
    }
    return keyed(service, **rules)


def codes(stub: Stub, times: int) -> list[StatusCode]:
    return [code_of(stub.AmI) for _ in range(times)]


@services
def test_keys_are_counted_one_by_one(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, limited(service)) as stub:
        for key in (issue(), issue()):
            assert codes(holding(stub, key), 4) == [OK, OK, EXHAUSTED, EXHAUSTED]


@services
def test_a_stream_counts_once(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, limited(service)) as stub:
        caller = holding(stub, issue())
        found = [code_of(lambda: list(caller.Stream())) for _ in range(3)]
        assert found == [OK, OK, EXHAUSTED]


@services
def test_the_answer_says_when_to_try_again(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, limited(service)) as stub:
        caller = holding(stub, issue())
        codes(caller, 2)
        with pytest.raises(grpc.RpcError) as caught:
            caller.AmI()
    wait = int(trailers_of(caught.value)["retry-after"])
    assert 0 < wait <= 86_400
    call: Any = caught.value
    status = rpc_status.from_call(call)
    retry = RetryInfo()
    assert any(detail.Unpack(retry) for detail in status.details)
    assert 0 < retry.retry_delay.seconds <= 86_400


@services
def test_the_rate_of_a_key_wins(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, limited(service)) as stub:
        assert codes(holding(stub, issue(rate="3/day")), 4) == [OK, OK, OK, EXHAUSTED]
        assert codes(holding(stub, issue(rate="1/day")), 2) == [OK, EXHAUSTED]


@services
def test_without_a_rate_there_is_no_limit(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, limited(service, APIKeyRateThrottle)) as stub:
        assert codes(holding(stub, issue()), 5) == [OK] * 5
        assert codes(holding(stub, issue(rate="1/day")), 2) == [OK, EXHAUSTED]


@services
def test_who_shows_no_key_is_not_counted(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, limited(service)) as stub:
        assert codes(showing(stub, ("x-token", "bob")), 4) == [OK] * 4


def test_the_rate_of_the_settings(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(APIKeyRateThrottle, "THROTTLE_RATES", {"api_key": "1/day"})
    with stub_of(mode, limited(SyncWho, APIKeyRateThrottle)) as stub:
        assert codes(holding(stub, issue()), 2) == [OK, EXHAUSTED]


def test_a_rate_that_is_none_is_an_error_at_the_start(mode: Mode) -> None:
    class Often(APIKeyRateThrottle):
        rate = "often"

    with (
        pytest.raises(ConfigurationError, match="no usable rate"),
        stub_of(mode, limited(SyncWho, Often)),
    ):
        pass


@services
def test_a_cache_that_fails_lets_nobody_in(mode: Mode, service: type[Service]) -> None:
    class Failing(LocMemCache):
        def add(self, *args: Any, **kwargs: Any) -> bool:
            raise ConnectionError("no such host")

    class Broken(TwiceADay):
        cache = Failing("broken", {})

    with stub_of(mode, limited(service, Broken)) as stub:
        assert code_of(holding(stub, issue()).AmI) is StatusCode.UNAVAILABLE


def test_a_window_begins_anew(monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("django_socio_grpc.apikeys.throttles.time", lambda: now)
    with stub_of(mode, limited(SyncWho)) as stub:
        caller = holding(stub, issue())
        assert codes(caller, 3) == [OK, OK, EXHAUSTED]
        now += 86_400
        assert codes(caller, 3) == [OK, OK, EXHAUSTED]
    cache.clear()


@pytest.mark.parametrize(
    ("text", "found"),
    [("1/s", (1, 1)), ("100/minute", (100, 60)), ("5/hour", (5, 3600)), ("7/day", (7, 86_400))],
)
def test_rates(text: str, found: tuple[int, int]) -> None:
    assert read_rate(text) == found


@pytest.mark.parametrize(
    "text", ["", "5", "0/s", "-1/s", "5/", "5/month", "5/ s", "1e3/s", "\u0661/s"]
)
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        read_rate(text)
