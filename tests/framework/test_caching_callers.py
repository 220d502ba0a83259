"""Whose reply a cache gives to whom: callers nobody knows, certificates, initkwargs."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from certificates import issue, need_openssl
from declared import Contract, Stub, stub_of
from django.core.cache import cache
from django.test import override_settings
from django.views.decorators.cache import cache_page
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import cache_endpoint, grpc_action, http_to_grpc
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from google.protobuf.struct_pb2 import Struct
from library.models import Tag
from servicers import add_servicer

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
numbers = itertools.count()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


# Django's cache keeps messages that the process can import.
action = grpc_action(request=TEXT, response="google.protobuf.Struct")


class Number(Service):
    """Each answer is another, unless it was kept."""

    service_name = "Number"
    start: Any = 0

    def answer(self) -> Any:
        reply = Struct()
        reply.update({"text": f"{self.start} {next(numbers)}"})
        return reply


by_django = http_to_grpc(cache_page(300), request_setter={"method": "GET"})


class SyncNumber(Number):
    @action
    @cache_endpoint(300)
    def Next(self, request: Any, context: Any) -> Any:
        return self.answer()


class AsyncNumber(Number):
    @action
    @cache_endpoint(300)
    async def Next(self, request: Any, context: Any) -> Any:
        return self.answer()


class DjangoNumber(Number):
    @action
    @by_django
    def Next(self, request: Any, context: Any) -> Any:
        return self.answer()


class AsyncDjangoNumber(Number):
    @action
    @by_django
    async def Next(self, request: Any, context: Any) -> Any:
        return self.answer()


services = pytest.mark.parametrize(
    "service", [SyncNumber, AsyncNumber, DjangoNumber, AsyncDjangoNumber]
)


def bearing(*metadata: tuple[str, str]) -> Callable[[Stub], str]:
    def ask(stub: Stub) -> str:
        return str(stub.options(metadata=metadata, timeout=10).Next(text="x")["text"])

    return ask


@services
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (bearing(("authorization", "Bearer one")), bearing(("authorization", "Bearer two"))),
        (bearing(("authorization", "Bearer one")), bearing()),
        (
            bearing(("headers", json.dumps({"Authorization": "Bearer one"}))),
            bearing(("headers", json.dumps({"Authorization": "Bearer two"}))),
        ),
        (bearing(("cookie", "sessionid=one")), bearing(("cookie", "sessionid=two"))),
    ],
)
def test_a_caller_nobody_knows_is_what_they_bring(
    mode: Mode, service: type[Service], one: Any, other: Any
) -> None:
    """A handler may look into it, where no authenticator does."""
    with stub_of(mode, service) as stub:
        first, second = one(stub), other(stub)
        assert first != second
        assert (one(stub), other(stub)) == (first, second)


@services
def test_callers_who_bring_nothing_share_a_reply(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert bearing()(stub) == bearing(("cookie", "theme=dark"), ("x-other", "y"))(stub)


def hook_of(contract: Contract, service: Any, **initkwargs: Any) -> Callable[[Any], None]:
    return lambda server: add_servicer(contract, service.as_servicer(**initkwargs), server)


def answers(mode: Mode, service: Any, **initkwargs: Any) -> list[str]:
    """What a server of its own answers to two calls."""
    contract = Contract(service)
    with (
        serve(mode, hook_of(contract, service, **initkwargs)) as running,
        running.channel() as channel,
    ):
        stub = contract.stub(channel)
        return [bearing()(stub) for _ in range(2)]


@services
def test_what_a_servicer_is_given_counts(mode: Mode, service: type[Service]) -> None:
    one, two = answers(mode, service, start=1), answers(mode, service, start=2)
    assert len({*one}) == len({*two}) == 1
    assert one[0].startswith("1 ")
    assert two[0].startswith("2 ")
    assert answers(mode, service, start=1) == one
    assert answers(mode, service)[0] not in {*one, *two}


@services
def test_nothing_is_kept_of_what_belongs_to_one_process(
    mode: Mode, service: type[Service]
) -> None:
    assert len({*answers(mode, service, start=(lambda: 1))}) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", [SyncNumber, DjangoNumber])
def test_a_queryset_is_told_by_what_it_asks_for(mode: Mode, service: type[Service]) -> None:
    Tag.objects.create(label="a")
    found = answers(mode, service, start=Tag.objects.filter(label="a"))
    others = answers(mode, service, start=Tag.objects.exclude(label="a"))
    assert len({*found}) == len({*others}) == 1
    assert found != others
    Tag.objects.all().delete()
    assert answers(mode, service, start=Tag.objects.filter(label="a")) == found, "it is kept"


def test_services_of_one_name_in_two_modules(mode: Mode) -> None:
    """Django's ``cache_page`` goes by the address alone, which has the name of the class."""
    twin = type("DjangoNumber", (DjangoNumber,), {"__module__": "another", "start": "twin"})
    with stub_of(mode, DjangoNumber) as stub:
        first = bearing()(stub)
    with stub_of(mode, twin) as stub:
        assert bearing()(stub).startswith("twin ")
    with stub_of(mode, DjangoNumber) as stub:
        assert bearing()(stub) == first


@services
def test_certificates_of_clients_count(mode: Mode, service: type[Service], tmp_path: Path) -> None:
    need_openssl()
    ca = issue(tmp_path, "ca")
    server, ada, bob = (issue(tmp_path, name, ca) for name in ("server", "ada", "bob"))
    tls = {
        "PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH": [server.pair],
        "ROOT_CERTIFICATES_PATH": ca.chain,
        "REQUIRE_CLIENT_AUTH": True,
    }
    contract = Contract(service)
    seen: dict[str, set[str]] = {}
    with override_settings(GRPC_FRAMEWORK=tls), serve(mode, contract.hook) as running:
        for name, own in [("ada", ada), ("bob", bob), ("ada", ada)]:
            credentials = grpc.ssl_channel_credentials(
                ca.chain.read_bytes(), own.key.read_bytes(), own.chain.read_bytes()
            )
            with grpc.secure_channel(running.target, credentials) as channel:
                seen.setdefault(name, set()).add(bearing()(contract.stub(channel)))
    assert len(seen["ada"]) == len(seen["bob"]) == 1
    assert seen["ada"] != seen["bob"]
