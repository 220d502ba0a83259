"""Messages to data: partial updates."""

from typing import Any

import pytest
from decoded import LEFT_OUT, OPTIONAL, data_of, serializer
from messages import messages
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

MASKED = messages(
    M="optional string text, string other, Inner inner, repeated string tags, "
    "repeated string _partial_update_fields",
    Inner="optional string name",
).M


def test_only_listed_fields_are_updated() -> None:
    cls = serializer(text=serializers.CharField(), other=serializers.CharField())
    message = MASKED(text="a", other="b", _partial_update_fields=["text"])
    assert data_of(cls, message, updating=True, partial=True) == {"text": "a"}
    assert data_of(cls, MASKED(text="a"), updating=True, partial=True) == {}


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("text", serializers.CharField(allow_null=True), None),
        ("text", serializers.CharField(allow_null=True, default="x"), None),
        ("text", serializers.CharField(default="x"), "x"),
        ("text", serializers.CharField(default=lambda: "called"), "called"),
        ("text", serializers.CharField(), ""),
        ("text", serializers.CharField(required=False), ""),
        ("text", serializers.CharField(read_only=True), LEFT_OUT),
        ("tags", serializers.ListField(), []),
        ("inner", serializer(name=serializers.CharField())(), None),
        ("inner", serializer(name=serializers.CharField())(allow_null=True), None),
    ],
    ids=repr,
)
def test_a_field_that_is_listed_but_not_set(
    name: str, field: serializers.Field, value: object
) -> None:
    message = MASKED(_partial_update_fields=[name])
    data = data_of(serializer(**{name: field}), message, updating=True, partial=True)
    assert data.get(name, LEFT_OUT) == value


def test_a_default_that_looks_at_the_context_is_that_of_the_call() -> None:
    class FromContext:
        requires_context = True

        def __call__(self, field: serializers.Field) -> Any:
            return field.context["who"]

    default: Any = FromContext()
    cls = serializer(text=serializers.CharField(default=default))
    message = MASKED(_partial_update_fields=["text"])
    for who in ("Ann", "Bob"):
        caller = cls(object(), message=message, partial=True, context={"who": who})
        assert caller.initial_data == {"text": who}


def test_a_partial_update_of_an_unknown_field_names_it_and_those_there_are() -> None:
    cls = serializer(text=serializers.CharField(), other=serializers.CharField(read_only=True))
    message = MASKED(_partial_update_fields=["titel", "text"])
    with pytest.raises(ValidationError) as info:
        data_of(cls, message, updating=True, partial=True)
    assert info.value.get_codes() == {"_partial_update_fields": ["unknown_field"]}
    assert "There is no field 'titel'. Those to update are: text." in str(info.value)


def test_a_partial_update_may_name_what_it_cannot_change() -> None:
    cls = serializer(text=serializers.CharField(), other=serializers.CharField(read_only=True))
    names = ["text", "other", "tags"]  # "tags" is in the message alone: a handler may read it
    message = MASKED(text="a", other="b", _partial_update_fields=names)
    checked = cls(object(), message=message, partial=True)
    assert checked.is_valid()
    assert checked.validated_data == {"text": "a"}


def test_the_error_of_an_unknown_field_is_short_however_long_the_name_is() -> None:
    cls = serializer(text=serializers.CharField())
    message = MASKED(_partial_update_fields=["x" * 10_000])
    with pytest.raises(ValidationError) as info:
        data_of(cls, message, updating=True, partial=True)
    assert len(str(info.value)) < 500


def test_a_partial_update_needs_to_say_of_what() -> None:
    cls = serializer(text=serializers.CharField())
    with pytest.raises(ValidationError) as info:
        data_of(cls, OPTIONAL(text="a"), updating=True, partial=True)
    assert info.value.get_codes() == {
        "_partial_update_fields": ["missing_partial_message_attribute"]
    }
    assert "tests.M has no field _partial_update_fields" in str(info.value)
