"""How often a caller may call: throttles of either colour, on both servers."""

import json
from typing import Any

import grpc
import pytest
from declared import Stub, code_of, stub_of, trailers_of
from django.core.cache import cache
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import TEXT, ByToken, as_, asked, with_policies
from rest_framework.settings import api_settings
from rest_framework.throttling import (
    AnonRateThrottle,
    BaseThrottle,
    ScopedRateThrottle,
    SimpleRateThrottle,
    UserRateThrottle,
)

OK, EXHAUSTED = StatusCode.OK, StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()
    asked.clear()


class SyncEcho(Service):
    service_name = "Echo"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any:
        asked.append("handler")
        return self.pb.EchoSayResponse(text=request.text)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Any:
        for message in request:
            yield self.pb.EchoChatResponse(text=message.text)


class AsyncEcho(SyncEcho):
    async def Say(self, request: Any, context: Any) -> Any:
        asked.append("handler")
        return self.pb.EchoSayResponse(text=request.text)

    async def Chat(self, request: Any, context: Any) -> Any:
        async for message in request:
            yield self.pb.EchoChatResponse(text=message.text)


services = pytest.mark.parametrize("service", [SyncEcho, AsyncEcho])


class TwiceAnHour(AnonRateThrottle):
    rate = "2/hour"


class TwiceAnHourForUsers(UserRateThrottle):
    rate = "2/hour"


class Scoped(ScopedRateThrottle):
    THROTTLE_RATES = {"burst": "1/hour", "slow": "3/hour"}


class FullHouse(BaseThrottle):
    """An async one, that asks the database."""

    async def allow_request(self, context: Any, service: Any) -> bool:  # type: ignore[override]
        return await Tag.objects.acount() < 2

    async def wait(self) -> float:  # type: ignore[override]
        return 2.5


def throttled(service: type[Service], *classes: type, **more: Any) -> type[Service]:
    return with_policies(service, throttle_classes=classes, **more)


def codes(stub: Stub, times: int) -> list[StatusCode]:
    return [code_of(stub.Say) for _ in range(times)]


@services
def test_anonymous_callers(mode: Mode, service: type[Service]) -> None:
    rules = {"authentication_classes": [ByToken]}
    with stub_of(mode, throttled(service, TwiceAnHour, **rules)) as stub:
        assert codes(stub, 3) == [OK, OK, EXHAUSTED]
        assert code_of(as_(stub, token="bob").Say) is OK
    assert asked.count("handler") == 3


@services
def test_the_answer_says_when_to_try_again(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, throttled(service, TwiceAnHour)) as stub:
        codes(stub, 2)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Say()
    wait = int(trailers_of(caught.value)["retry-after"])
    assert 3500 < wait <= 3600
    details = json.loads(str(caught.value.details()))
    assert details["code"] == "throttled"
    assert f"{wait} seconds" in details["message"]


@services
def test_users_are_counted_one_by_one(mode: Mode, service: type[Service]) -> None:
    class Numbered(ByToken):
        def authenticate(self, request: Any) -> Any:
            found = super().authenticate(request)
            if found:
                found[0].pk = found[1]
            return found

    rules = {"authentication_classes": [Numbered]}
    with stub_of(mode, throttled(service, TwiceAnHourForUsers, **rules)) as stub:
        assert codes(as_(stub, token="ada"), 3) == [OK, OK, EXHAUSTED]
        assert codes(as_(stub, token="bob"), 3) == [OK, OK, EXHAUSTED]


@services
def test_a_stream_counts_once(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, throttled(service, TwiceAnHour)) as stub:

        def chat() -> list[str]:
            said = [stub.pb.EchoChatRequest(text=letter) for letter in "abc"]
            return [reply.text for reply in stub.Chat(iter(said))]

        assert [chat(), chat()] == [["a", "b", "c"]] * 2
        assert code_of(chat) is EXHAUSTED


@services
def test_metadata_do_not_make_a_caller_somebody_else(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, throttled(service, TwiceAnHour)) as stub:
        headers = ["x-forwarded-for", "x_forwarded_for", "x-real-ip", "remote-addr", "forwarded"]
        tries = [[(name, f"10.0.0.{number}")] for number, name in enumerate(headers)]
        tries += [[("headers", json.dumps({"X-Forwarded-For": "10.0.0.9"}))]]
        found = [code_of(stub.options(metadata=metadata).Say) for metadata in tries]
    assert found == [OK, OK, *[EXHAUSTED] * 4]


@services
def test_behind_as_many_proxies_as_the_settings_say(
    mode: Mode, service: type[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    with stub_of(mode, throttled(service, TwiceAnHour)) as stub:
        first = stub.options(metadata=[("x-forwarded-for", "6.6.6.6, 10.0.0.1")])
        second = stub.options(metadata=[("x-forwarded-for", "7.7.7.7, 10.0.0.2")])
        assert codes(first, 3) == [OK, OK, EXHAUSTED]
        assert code_of(second.Say) is OK


@services
@pytest.mark.django_db(transaction=True)
def test_async_throttle(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, throttled(service, FullHouse)) as stub:
        assert code_of(stub.Say) is OK
        Tag.objects.bulk_create(Tag(label=label) for label in "ab")
        with pytest.raises(grpc.RpcError) as caught:
            stub.Say()
    assert caught.value.code() is EXHAUSTED
    assert trailers_of(caught.value)["retry-after"] == "3"


@services
def test_scope_of_a_service(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, throttled(service, Scoped, throttle_scope="slow")) as stub:
        assert codes(stub, 4) == [OK, OK, OK, EXHAUSTED]
    with stub_of(mode, throttled(service, Scoped)) as stub:
        assert codes(stub, 4) == [OK] * 4


@services
def test_scopes_by_action(mode: Mode, service: type[Service]) -> None:
    scopes = {"throttle_scopes": {"Say": "burst"}, "throttle_scope": "slow"}
    with stub_of(mode, throttled(service, Scoped, **scopes)) as stub:
        assert codes(stub, 2) == [OK, EXHAUSTED]
        chats = [code_of(lambda: list(stub.Chat(iter([])))) for _ in range(4)]
        assert chats == [OK, OK, OK, EXHAUSTED]


@services
@pytest.mark.django_db(transaction=True)
def test_every_throttle_counts_and_the_longest_wait_is_told(
    mode: Mode, service: type[Service]
) -> None:
    Tag.objects.bulk_create(Tag(label=label) for label in "ab")
    with stub_of(mode, throttled(service, FullHouse, TwiceAnHour)) as stub:
        for _ in range(3):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Say()
    wait = int(trailers_of(caught.value)["retry-after"])
    assert wait > 3500


@services
@override_settings(GRPC_FRAMEWORK={"DEFAULT_THROTTLE_CLASSES": ["test_throttling.TwiceAnHour"]})
def test_throttles_of_the_settings(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert codes(stub, 3) == [OK, OK, EXHAUSTED]
    with stub_of(mode, throttled(service)) as stub:
        assert code_of(stub.Say) is OK


@services
def test_throttles_that_the_service_chooses_itself(mode: Mode, service: type[Service]) -> None:
    class Choosy(service):  # type: ignore[misc, valid-type]
        def get_throttles(self) -> list[Any]:
            return [TwiceAnHour()] if self.action == "Say" else []

    with stub_of(mode, Choosy) as stub:
        assert codes(stub, 3) == [OK, OK, EXHAUSTED]
        assert code_of(lambda: list(stub.Chat(iter([])))) is OK


@services
def test_who_may_not_call_is_not_counted(mode: Mode, service: type[Service]) -> None:
    rules = {"authentication_classes": [ByToken]}
    with stub_of(mode, throttled(service, TwiceAnHour, **rules)) as stub:
        assert codes(as_(stub, token="bad"), 3) == [StatusCode.UNAUTHENTICATED] * 3
        assert codes(stub, 3) == [OK, OK, EXHAUSTED]


class NoRate(SimpleRateThrottle):
    scope = "unheard of"


class OddRate(SimpleRateThrottle):
    rate = "often/hour"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"throttle_classes": [NoRate]}, r"SyncEcho: NoRate has no usable rate \(Improperly"),
        ({"throttle_classes": [OddRate]}, r"SyncEcho: OddRate has no usable rate \(ValueError"),
        (
            {"throttle_classes": [Scoped], "throttle_scope": "brust"},
            r"SyncEcho: Scoped has no usable rate for the scope 'brust'",
        ),
        (
            {"throttle_classes": [Scoped], "throttle_scopes": {"Chat": "brust"}},
            r"SyncEcho: Scoped has no usable rate for the scope 'brust'",
        ),
        ({"throttle_scopes": {"Sya": "burst"}}, r"throttle_scopes has 'Sya', which is no action"),
    ],
)
def test_a_throttle_that_cannot_count_is_refused_at_startup(
    mode: Mode, attributes: dict[str, Any], message: str
) -> None:
    with (
        pytest.raises(ConfigurationError, match=message),
        stub_of(mode, with_policies(SyncEcho, **attributes)),
    ):
        pass
