"""Buildings and temperatures in the admin."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from buildings.models import Building

pytestmark = pytest.mark.django_db


def test_buildings_are_listed_and_searched(admin_client: Client, building: Building) -> None:
    url = reverse("admin:buildings_building_changelist")

    assert "Varso Tower" in admin_client.get(url, {"q": "warsaw"}, secure=True).content.decode()
    assert "Varso Tower" not in admin_client.get(url, {"q": "oslo"}, secure=True).content.decode()


def test_temperatures_are_listed_with_their_building(
    admin_client: Client, building: Building
) -> None:
    building.temperatures.create(celsius=21.5, measured_at=datetime(2025, 7, 1, 12, tzinfo=UTC))
    url = reverse("admin:buildings_temperature_changelist")
    page = admin_client.get(url, secure=True).content.decode()

    assert "Varso Tower, Warsaw" in page
    assert "21.5" in page
