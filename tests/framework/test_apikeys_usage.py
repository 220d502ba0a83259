"""When a key was used last, and its move to a new pepper: written beside the calls."""

from datetime import timedelta

import pytest
from declared import stub_of
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_socio_grpc.apikeys import usage
from django_socio_grpc.apikeys.digests import peppers
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.usage import Use
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from keyed import forget_all, holding, id_of, issue, keyed, row_of
from waiting import until
from whoami import database, services

pytestmark = database
OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_all()


@services
def test_a_use_is_noted(mode: Mode, service: type[Service]) -> None:
    key, other = issue(), issue()
    before = timezone.now()
    with stub_of(mode, keyed(service)) as stub:
        holding(stub, key).AmI()
        until(lambda: row_of(key).last_used_at is not None)
    used = row_of(key).last_used_at
    assert used is not None
    assert before <= used <= timezone.now()
    assert row_of(other).last_used_at is None


def test_it_is_noted_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[Use] = []

    class Sink:
        put = noted.append

    monkeypatch.setattr(usage, "_batches", Sink)
    monkeypatch.setattr(usage, "is_lent", lambda connection: False)  # as some test's before was
    key = issue()
    usage.note(row_of(key), key)
    assert [use.id for use in noted] == [id_of(key)]
    for ago, count in ((59, 1), (61, 2)):
        at = timezone.now() - timedelta(seconds=ago)
        APIKey.objects.filter(pk=id_of(key)).update(last_used_at=at)
        usage.note(row_of(key), key)
        assert len(noted) == count


def test_processes_do_not_write_it_again() -> None:
    """Each that has not seen the others' note writes it, and the database knows better."""
    key = issue()
    now = timezone.now()
    APIKey.objects.filter(pk=id_of(key)).update(last_used_at=now)
    usage.update([Use(id=id_of(key), at=now + timedelta(seconds=30), digest=None)])
    assert row_of(key).last_used_at == now
    usage.update([Use(id=id_of(key), at=now + timedelta(seconds=90), digest=None)])
    assert row_of(key).last_used_at == now + timedelta(seconds=90)


def test_many_uses_are_one_query() -> None:
    keys = [issue() for _ in range(20)]
    uses = [Use(id=id_of(key), at=timezone.now(), digest=None) for key in keys]
    with CaptureQueriesContext(connection) as queries:
        usage.update(uses)
    assert len(queries) == 1
    assert not APIKey.objects.filter(last_used_at=None).exists()


@services
def test_a_key_moves_to_the_new_pepper_when_it_is_used(mode: Mode, service: type[Service]) -> None:
    with override_settings(GRPC_FRAMEWORK={"API_KEY_PEPPERS": [OLD]}):
        key, unused = issue(), issue()
    with override_settings(GRPC_FRAMEWORK={"API_KEY_PEPPERS": [NEW, OLD]}):
        new = next(iter(peppers()))
        with stub_of(mode, keyed(service)) as stub:
            holding(stub, key).AmI()
            until(lambda: row_of(key).pepper == new)
        assert row_of(unused).pepper != new
    forget_all()
    with (
        override_settings(GRPC_FRAMEWORK={"API_KEY_PEPPERS": [NEW]}),
        stub_of(mode, keyed(service)) as stub,
    ):
        assert holding(stub, key).AmI().text.endswith(id_of(key))
