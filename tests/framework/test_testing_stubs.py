"""Stubs of services under test: by class, with metadata, for a user."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from declared import Contract
from django.test import override_settings
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve
from django_socio_grpc.testing.stubs import TOKEN
from grpc import StatusCode
from library.models import Tag
from shops import Shop
from tags import AsyncTagService, AsyncWhoService, SyncTagService, SyncWhoService, Who, user
from talks import SyncTalk

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(sys.path),
    "DJANGO_SETTINGS_MODULE": "tests.framework.settings",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A registered app with its generated contract."""
    monkeypatch.syspath_prepend(tmp_path)
    shop = Shop(tmp_path)
    shop.sync, shop.aio = [SyncTagService], [AsyncTagService]
    shop.run()
    with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": shop.hook}):
        yield shop


@pytest.mark.django_db
def test_a_stub_of_a_registered_service(mode: Mode, shop: Shop) -> None:
    tag = Tag.objects.create(label="one")
    with serve(mode) as server:
        own = AsyncTagService if mode == "aio" else SyncTagService
        other = SyncTagService if mode == "aio" else AsyncTagService
        assert server.stub(own).Retrieve(id=tag.pk).label == "one"
        assert server.stub(other).Retrieve(id=tag.pk).label == "one", "they share the contract"

        async def main() -> Any:
            return await server.astub(own).Retrieve(id=tag.pk)

        assert asyncio.run(main()).label == "one"


def test_a_service_that_is_not_served(mode: Mode, shop: Shop) -> None:
    with (
        serve(mode) as server,
        pytest.raises(ConfigurationError, match=r"SyncTalk is 'TalkController'.*TagService"),
    ):
        server.stub(SyncTalk)


def test_a_service_of_a_server_without_apps(mode: Mode) -> None:
    contract = Contract(SyncTalk)
    with serve(mode, contract.hook) as server:
        with pytest.raises(ConfigurationError, match=r"no registered app.*give"):
            server.stub(SyncTalk)
        assert server.stub(SyncTalk, contract.file).Say(text="hi").text == "hi"


def test_metadata(mode: Mode) -> None:
    contract = Contract(SyncTalk)
    with serve(mode, contract.hook) as server:
        talk = server.stub(SyncTalk, contract.file)
        assert talk.with_metadata({"x-mood": "!"}).Say(text="hi").text == "hi!"
        assert talk.with_metadata(x_mood="!").with_metadata(x_other="?").Say().text == "!"
        assert json.loads(talk.with_metadata(x_mood={"id": 1}).Say().text) == {"id": 1}
        assert talk.with_options(timeout=None).Say(text="hi").text == "hi"


def test_a_handler_that_hangs_does_not_hang_the_test(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_socio_grpc.testing.servers.TIMEOUT", 0.1)
    contract = Contract(SyncTalk)
    with serve(mode, contract.hook) as server, pytest.raises(grpc.RpcError) as caught:
        server.stub(SyncTalk, contract.file).Sleep(count=50)
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED


# Users

services = pytest.mark.parametrize("service", [SyncWhoService, AsyncWhoService])


def code_of(call: Any) -> StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code()


@services
def test_a_stub_of_a_user(mode: Mode, service: type[Who]) -> None:
    contract = Contract(service)
    with serve(mode, contract.hook) as server:
        who = server.stub(service, contract.file)
        assert who.as_user(user("ada")).AmI().text == "ada"
        assert who.as_user(user("ada")).as_user(user("bob")).AmI().text == "bob"
        assert who.as_user(user("ada")).with_metadata(x="y").AmI(metadata={"z": "z"}).text == "ada"
        assert code_of(who.AmI) is StatusCode.UNAUTHENTICATED, "for that stub only"
        assert code_of(who.as_user(None).AmI) is StatusCode.UNAUTHENTICATED


@services
def test_a_user_of_a_service_that_asks_for_none(mode: Mode, service: type[Who]) -> None:
    open_service = type(
        service.__name__, (service,), {"authentication_classes": [], "permission_classes": []}
    )
    contract = Contract(open_service)
    with serve(mode, contract.hook) as server:
        who = server.stub(open_service, contract.file)
        assert who.AmI().text == "None"
        assert who.as_user(user("ada")).AmI().text == "ada"


@services
def test_a_user_behind_middlewares_that_authenticate(mode: Mode, service: type[Who]) -> None:
    middlewares = ["test_testing_stubs.everybody_is_eve"]
    contract = Contract(service)
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": middlewares}),
        serve(mode, contract.hook) as server,
    ):
        assert server.stub(service, contract.file).as_user(user("ada")).AmI().text == "ada"


def everybody_is_eve(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        request.user = user("eve")
        return get_response(request)

    return middleware


@services
def test_tokens_are_secrets_of_one_server(mode: Mode, service: type[Who]) -> None:
    contract = Contract(service)
    with serve(mode, contract.hook) as server:
        who = server.stub(service, contract.file)
        known = who.as_user(user("ada"))
        for guess in ("", "ada", "1", "x" * 43):
            assert code_of(who.with_metadata({TOKEN: guess}).AmI) is StatusCode.UNAUTHENTICATED
    with serve(mode, contract.hook) as other:
        again = known.with_options()
        again._target = other.target
        assert code_of(again.AmI) is StatusCode.UNAUTHENTICATED


def test_no_server_that_a_command_starts_knows_of_it() -> None:
    code = """
import sys
import django
from django.core.management import load_command_class
django.setup()
for name in ("grpcrunserver", "grpcrunaioserver"):
    load_command_class("django_socio_grpc", name)
assert "django_socio_grpc.server" in sys.modules
assert not [name for name in sys.modules if name.startswith("django_socio_grpc.testing")]
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, env=ENVIRONMENT)
    assert done.returncode == 0


def test_the_settings_are_as_before(mode: Mode) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": []}),
        serve(mode, Contract(SyncTalk).hook),
    ):
        assert grpc_settings.GRPC_MIDDLEWARE == []
