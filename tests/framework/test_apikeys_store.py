"""How long a key is taken for good, and who asks the database for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from declared import Contract, Stub, code_of
from django.contrib.auth.models import User
from django.db import transaction
from django.test import override_settings
from django_socio_grpc.apikeys import store as module
from django_socio_grpc.apikeys.authentication import APIKeyAuthentication
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.permissions import HasAPIKeyScope
from django_socio_grpc.apikeys.store import Store, store
from django_socio_grpc.apikeys.text import parse
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, RunningServer, serve
from grpc import StatusCode
from keyed import database_down, forget_all, holding, id_of, issue, keyed, row_of
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from whoami import AsyncWho, database, services

pytestmark = database
OK, UNAUTHENTICATED = StatusCode.OK, StatusCode.UNAUTHENTICATED


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_all()


@contextmanager
def serving(mode: Mode, service: type[Service]) -> Iterator[tuple[RunningServer, Stub]]:
    contract = Contract(keyed(service))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        yield server, contract.stub(channel)


@services
def test_a_key_is_asked_for_once(mode: Mode, service: type[Service]) -> None:
    caller_key = issue(user=User.objects.create(username="ada"))
    with serving(mode, service) as (server, stub):
        caller = holding(stub, caller_key)
        with server.queries() as queries:
            for _ in range(5):
                caller.AmI()
                list(caller.Stream())
    # That it was used is written too, in a thread beside the calls.
    assert len([each for each in queries if not each.sql.startswith("UPDATE")]) == 1


@services
def test_in_the_process_that_revokes_it_is_refused_at_once(
    mode: Mode, service: type[Service]
) -> None:
    key = issue()
    with serving(mode, service) as (_, stub):
        assert code_of(holding(stub, key).AmI) is OK
        row_of(key).revoke()
        assert code_of(holding(stub, key).AmI) is UNAUTHENTICATED


@services
def test_elsewhere_it_is_when_the_time_is_over(mode: Mode, service: type[Service]) -> None:
    key = issue()
    with (
        override_settings(GRPC_FRAMEWORK={"API_KEY_CACHE_SECONDS": 1}),
        serving(mode, service) as (_, stub),
    ):
        assert code_of(holding(stub, key).AmI) is OK
        # As another process does it: this one gets no signal of an update.
        APIKey.objects.filter(pk=id_of(key)).update(revoked_at=row_of(key).created_at)
        codes = [code_of(holding(stub, key).AmI) for _ in range(2)]
        while codes[-1] is OK:  # the test's own timeout ends a key that goes on for ever
            codes.append(code_of(holding(stub, key).AmI))
        assert codes[-1] is UNAUTHENTICATED


@services
def test_nothing_is_kept_if_there_is_no_time_for_it(mode: Mode, service: type[Service]) -> None:
    key = issue()
    with (
        override_settings(GRPC_FRAMEWORK={"API_KEY_CACHE_SECONDS": 0}),
        serving(mode, service) as (_, stub),
    ):
        assert code_of(holding(stub, key).AmI) is OK
        APIKey.objects.filter(pk=id_of(key)).update(revoked_at=row_of(key).created_at)
        assert code_of(holding(stub, key).AmI) is UNAUTHENTICATED


@services
def test_keys_in_memory_open_while_the_database_is_down(
    mode: Mode, service: type[Service]
) -> None:
    known, unknown = issue(), issue()
    with serving(mode, service) as (_, stub):
        assert code_of(holding(stub, known).AmI) is OK
        with database_down():
            assert code_of(holding(stub, known).AmI) is OK
            assert code_of(holding(stub, unknown).AmI) is StatusCode.UNAVAILABLE


def test_what_a_change_overtakes_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row was read before it was revoked, by a thread that goes on after it."""
    text = issue()
    shown = parse(text, "grpc", "live")
    assert shown is not None

    def noting(row: APIKey, text: str) -> None:
        row_of(text).revoke()

    monkeypatch.setattr("django_socio_grpc.apikeys.usage.note", noting)
    store.look_up(shown)
    assert store.recall(text) is None


def test_a_transaction_is_seen_when_it_ends() -> None:
    text = issue()
    shown = parse(text, "grpc", "live")
    assert shown is not None
    with transaction.atomic():
        row_of(text).revoke()
        APIKey.objects.filter(pk=shown.id).update(revoked_at=None)  # what others see until then
        store.look_up(shown)
        assert store.recall(text) is not None
    assert store.recall(text) is None


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOM", 3)
    own = Store()
    for text in (texts := [issue() for _ in range(7)]):
        shown = parse(text, "grpc", "live")
        assert shown is not None
        own.look_up(shown)
        assert own.recall(text) is not None
    assert sum(own.recall(text) is not None for text in texts) <= 3


def test_neither_text_nor_digest_of_the_database_is_in_memory() -> None:
    text = issue()
    shown = parse(text, "grpc", "live")
    assert shown is not None
    store.look_up(shown)
    kept: Any = repr(vars(store))
    assert id_of(text) in kept
    assert text[-40:] not in kept
    assert row_of(text).digest not in kept


@pytest.mark.parametrize("permission", [IsAuthenticated, HasAPIKeyScope])
def test_a_key_in_memory_takes_no_thread(permission: type) -> None:
    """The policies of an async handler are settled on the loop, where it runs."""
    threads: list[tuple[str, Any]] = []

    class Noting(APIKeyAuthentication):
        def recall(self, context: Any) -> Any:
            found = super().recall(context)
            threads.append((threading.current_thread().name, found is not None))
            return found

        def authenticate(self, context: Any) -> Any:
            threads.append((threading.current_thread().name, None))
            return super().authenticate(context)

    class Here(AsyncWho):
        async def AmI(self, request: Any, context: Any) -> Any:
            threads.append((threading.current_thread().name, "handler"))
            return self.answer()

    rules = {"authentication_classes": [Noting], "permission_classes": [permission]}
    contract = Contract(keyed(Here, **rules))
    with serve("aio", contract.hook) as server, server.channel() as channel:
        caller = holding(contract.stub(channel), issue())
        caller.AmI()
        asked, handled = threads[1:]
        assert asked[0] != handled[0]
        del threads[:]
        caller.AmI()
    assert threads == [(handled[0], True), handled]


@services
def test_an_authenticator_that_decides_more_is_asked(mode: Mode, service: type[Service]) -> None:
    """What is settled at once is what the class alone says, and not what a service adds."""

    class Choosy(service):  # type: ignore[misc, valid-type]
        def get_permissions(self) -> list[Any]:
            return [IsAdminUser()]

    key = issue(user=User.objects.create(username="ada"))
    with serving(mode, Choosy) as (_, stub):
        assert [code_of(holding(stub, key).AmI) for _ in range(2)] == [
            StatusCode.PERMISSION_DENIED
        ] * 2


@services
def test_a_permission_refuses_who_is_in_memory(mode: Mode, service: type[Service]) -> None:
    key = issue(user=User.objects.create(username="ada"))
    contract = Contract(keyed(service, permission_classes=[IsAdminUser]))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        caller = holding(contract.stub(channel), key)
        for _ in range(3):
            assert code_of(caller.AmI) is StatusCode.PERMISSION_DENIED
        User.objects.update(is_staff=True)
        forget_all()
        assert code_of(caller.AmI) is OK
