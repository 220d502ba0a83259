"""Messages to data: enums."""

import pytest
from decoded import data_of, serializer
from messages import messages
from rest_framework import serializers

LEVELS: dict[str, tuple[str, ...]] = {"Level": ("LEVEL_UNSPECIFIED", "LOW", "HIGH")}


@pytest.mark.parametrize("label", ["", "optional "])
def test_an_enum_is_the_choice_of_its_name(label: str) -> None:
    cls = serializer(level=serializers.ChoiceField(choices=["LOW", "HIGH"], default="LOW"))
    target = messages(M=label + "Level level", enums=LEVELS).M
    assert data_of(cls, target(level=2)) == {"level": "HIGH"}
    assert data_of(cls, target()) == {}
    assert data_of(cls, target(level=9)) == {"level": 9}  # and no choice


def test_an_enum_that_is_not_specified_is_null() -> None:
    cls = serializer(level=serializers.ChoiceField(choices=["LOW"], allow_null=True))
    target = messages(M="Level level", enums=LEVELS).M
    assert data_of(cls, target()) == {"level": None}


def test_an_enum_of_numbers_is_its_number() -> None:
    cls = serializer(
        level=serializers.ChoiceField(choices=[1, 2]),
        levels=serializers.MultipleChoiceField(choices=[1, 2]),
    )
    target = messages(M="Level level, repeated Level levels", enums=LEVELS).M
    assert data_of(cls, target(level=2, levels=[1, 2])) == {"level": 2, "levels": [1, 2]}


def test_the_first_value_of_an_enum_without_unspecified_is_a_choice() -> None:
    cls = serializer(level=serializers.ChoiceField(choices=["LOW"], default="LOW"))
    target = messages(M="Level level", enums={"Level": ("LOW", "HIGH")}).M
    assert data_of(cls, target()) == {"level": "LOW"}
