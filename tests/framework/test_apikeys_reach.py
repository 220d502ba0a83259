"""``manage.py grpcapikey create`` says which scopes open nothing."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from django_socio_grpc.apikeys.models import APIKey
from shops import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.syspath_prepend(tmp_path)
    return Shop(tmp_path)


@pytest.fixture
def served(shop: Shop) -> Iterator[Shop]:
    shop.run()
    with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": shop.hook}):
        yield shop


def warnings(*scopes: str) -> list[str]:
    """What is said of a key, which is made whatever that is."""
    out, err = io.StringIO(), io.StringIO()
    given = [word for scope in scopes for word in ("--scope", scope)]
    more = ["--name", "cron", "--expires", "never"]
    call_command("grpcapikey", "create", *given, *more, stdout=out, stderr=err)
    assert out.getvalue().startswith("grpc_live_")
    assert APIKey.objects.count() == 1
    *said, last = err.getvalue().splitlines()
    assert "This is the only time" in last
    return said


def test_scopes_that_open_something(served: Shop) -> None:
    label = served.label
    method = f"{label}.TagController.List"
    assert warnings("*", f"{label}.*", f"{label}.TagController.*", method) == []


def test_a_scope_that_opens_nothing(served: Shop) -> None:
    assert warnings("nonsense", f"{served.label}.*") == [
        "Warning: The scope 'nonsense' covers no method that `manage.py grpcroutes` lists, so it "
        f"opens nothing. Services that there are: {served.label}.TagController."
    ]


@pytest.mark.parametrize("name", ["{label}", "{label}.TagController"])
def test_a_name_without_a_star(served: Shop, name: str) -> None:
    scope = name.format(label=served.label)
    (line,) = warnings(scope)
    assert line.endswith(f"so it opens nothing. All of it is '{scope}.*'.")


def test_a_contract_that_is_missing_keeps_nobody_from_a_key(shop: Shop) -> None:
    with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": shop.hook}):
        (line,) = warnings("nonsense")
    assert line.startswith("Warning: What the scopes cover cannot be told: ")
    assert line.endswith("Run: python manage.py generateproto")
