"""API keys: the app is installed, and its page and its command work."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django_socio_grpc.apikeys.models import APIKey

pytestmark = pytest.mark.django_db


def test_a_key_is_made_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    call_command(
        "grpcapikey", "create", "--name", "nightly", "--scope", "reports.*", "--expires", "90d"
    )
    key = APIKey.objects.get()
    assert key.id in capsys.readouterr().out
    assert key.scopes == ["reports.*"]


def test_a_key_is_made_in_the_admin(admin_client: Client) -> None:
    url = reverse("admin:grpc_apikeys_apikey_add")
    form = {"name": "nightly", "scopes": "*", "expires_at_0": "", "expires_at_1": ""}
    page = admin_client.post(url, form, secure=True).content.decode()
    assert f"_{APIKey.objects.get().id}_" in page
