"""What is served over HTTP."""

import pytest
from django.test import Client


@pytest.mark.django_db
def test_the_admin_site_asks_who_one_is(client: Client) -> None:
    assert client.get("/admin/", secure=True).headers["Location"] == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/", secure=True).status_code == 200
