"""The demo data: what it holds, and that loading it again changes nothing."""

import math
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Count, Max, Min

from buildings.models import Building, Temperature
from questions.models import Choice, Question

pytestmark = pytest.mark.django_db


def load() -> list[str]:
    """Run the command, and return the lines that it prints."""
    out = StringIO()
    call_command("load_demo_data", stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture(autouse=True)
def first_lines() -> list[str]:
    return load()


def test_each_model_has_a_line_with_its_rows(first_lines: list[str]) -> None:
    assert sorted(first_lines) == sorted(
        f"{model._meta.app_label}.{model.__name__}: {rows} rows, {rows} new"
        for model in (Question, Choice, Building, Temperature)
        if (rows := model._default_manager.count())
    )
    assert len(first_lines) == 4


def test_loading_again_adds_nothing(first_lines: list[str]) -> None:
    again = load()

    assert [line.split(",")[0] for line in again] == [line.split(",")[0] for line in first_lines]
    assert all(line.endswith(" 0 new") for line in again)


def test_loading_again_keeps_what_was_edited() -> None:
    Building.objects.filter(name="The Shard").update(floors=95)
    Choice.objects.filter(choice_text="The sky").update(votes=1000)
    load()

    assert Building.objects.get(name="The Shard").floors == 95
    assert Choice.objects.get(choice_text="The sky").votes == 1000


def test_loading_again_brings_back_what_was_deleted() -> None:
    Building.objects.filter(name="The Shard").delete()
    load()

    assert Building.objects.get(name="The Shard").temperatures.count() == 24


def test_there_are_at_least_25_complete_and_valid_buildings() -> None:
    buildings = Building.objects.all()

    assert len(buildings) >= 25
    assert len({building.country for building in buildings}) >= 10
    for building in buildings:
        building.full_clean()


def test_the_tallest_building_is_known() -> None:
    tallest = Building.objects.order_by("-height_m").first()

    assert tallest is not None
    assert (tallest.name, tallest.city, tallest.height_m) == ("Burj Khalifa", "Dubai", 828.0)
    assert (tallest.floors, tallest.opened) == (163, 2010)


def test_each_building_has_a_day_of_hourly_temperatures() -> None:
    for building in Building.objects.annotate(
        count=Count("temperatures"),
        first=Min("temperatures__measured_at"),
        last=Max("temperatures__measured_at"),
    ):
        assert building.count == 24
        assert (building.last - building.first).total_seconds() == 23 * 3600


def test_temperatures_are_those_of_a_july_day() -> None:
    dubai = Building.objects.get(city="Dubai").temperatures
    johannesburg = Building.objects.get(city="Johannesburg").temperatures
    warmest = dubai.order_by("-celsius")[0]

    assert math.isclose(warmest.celsius, 41.0)
    assert warmest.measured_at.hour == 11  # 15 o'clock in Dubai, four hours ahead of UTC
    assert math.isclose(min(t.celsius for t in dubai.all()), 31.0)
    assert max(t.celsius for t in johannesburg.all()) < 20.0
    for temperature in Temperature.objects.all():
        temperature.clean_fields(exclude=["building"])


def test_the_first_question_of_the_tutorial_has_its_choices() -> None:
    choices = Question.objects.get(question_text="What's up?").choices

    assert [choice.choice_text for choice in choices.all()] == [
        "Not much",
        "The sky",
        "Just hacking again",
    ]
