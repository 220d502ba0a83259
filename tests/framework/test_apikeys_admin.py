"""Keys in the admin site: shown once, and no page has what is secret."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.urls import reverse
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.text import parse
from keyed import id_of, issue, row_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("_site"),
]
ADD = "admin:grpc_apikeys_apikey_add"
LIST = "admin:grpc_apikeys_apikey_changelist"
CHANGE = "admin:grpc_apikeys_apikey_change"
FORM = {"name": "cron", "scopes": "library.*\nplays.*", "rate": "", "user": ""}
NO_DATE = {"expires_at_0": "", "expires_at_1": ""}


@pytest.fixture
def _site() -> Any:
    with override_settings(ROOT_URLCONF="admin_urls"):
        yield


def made(client: Client, **fields: Any) -> str:
    """The text of a key that is made by the form."""
    response = client.post(reverse(ADD), {**FORM, **NO_DATE, **fields})
    assert response.status_code == 200
    (text,) = re.findall(r'value="(grpc_live_\w+)"', response.content.decode())
    assert "no-store" in response.headers["Cache-Control"]
    return str(text)


def test_a_key_is_shown_when_it_is_made_and_never_again(admin_client: Client) -> None:
    text = made(admin_client)
    assert parse(text, "grpc", "live") is not None
    row = row_of(text)
    assert (row.name, row.scopes, row.user) == ("cron", ["library.*", "plays.*"], None)
    secret = text[-49:]
    for url in (reverse(LIST), reverse(CHANGE, args=[row.pk]), reverse("admin:index")):
        page = admin_client.get(url).content.decode()
        assert secret not in page
        assert row.digest not in page
    page = admin_client.get(reverse(LIST)).content.decode()
    assert f"grpc_live_{row.pk}" in page
    assert all(secret not in str(each.get_decoded()) for each in Session.objects.all())
    assert all(secret not in str(vars(each)) for each in LogEntry.objects.all())
    assert not any(secret in str(value) for value in vars(row).values())


def test_a_key_is_changed_and_stays_what_it_is(admin_client: Client) -> None:
    text = made(admin_client)
    before = row_of(text)
    ada = User.objects.create(username="ada")
    form = {**FORM, **NO_DATE, "scopes": "/library.Book/List", "user": str(ada.pk)}
    form |= {"id": "0000000000", "digest": "0" * 64, "revoked_at_0": "2020-01-01"}
    response = admin_client.post(reverse(CHANGE, args=[before.pk]), form)
    assert response.status_code == 302
    after = row_of(text)
    assert (after.scopes, after.user) == (["library.Book.List"], ada)
    assert (after.digest, after.pepper, after.revoked_at) == (before.digest, before.pepper, None)
    assert APIKey.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("scopes", "library.*\na b-c", "is no scope"),
        ("rate", "often", "is no rate"),
        ("name", "", "This field is required"),
    ],
)
def test_a_mistake_is_shown_and_no_key_made(
    admin_client: Client, field: str, value: str, message: str
) -> None:
    response = admin_client.post(reverse(ADD), {**FORM, **NO_DATE, field: value})
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not APIKey.objects.exists()


def test_keys_are_revoked_together(admin_client: Client) -> None:
    keys = [issue(), issue(), issue()]
    chosen = {"action": "revoke", "_selected_action": [id_of(key) for key in keys[:2]]}
    page = admin_client.post(reverse(LIST), chosen, follow=True).content.decode()
    assert "2 revoked." in page
    assert [row_of(key).refusal for key in keys] == ["revoked", "revoked", ""]
    assert LogEntry.objects.filter(change_message__contains="Revoked").count() == 2


def test_who_may_only_look_may_not_revoke(client: Client) -> None:
    viewer = User.objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client.force_login(viewer)
    key = issue()
    assert client.get(reverse(LIST)).status_code == 200
    client.post(reverse(LIST), {"action": "revoke", "_selected_action": [id_of(key)]})
    assert row_of(key).refusal == ""
    assert client.post(reverse(ADD), {**FORM, **NO_DATE}).status_code == 403


def test_a_name_is_no_markup(admin_client: Client) -> None:
    response = admin_client.post(reverse(ADD), {**FORM, **NO_DATE, "name": "<b>x</b>"})
    assert "<b>x</b>" not in response.content.decode()
