"""Rows to messages: a value that cannot be sent is named in the error."""

from types import SimpleNamespace
from typing import Any

import pytest
from django_socio_grpc.codec import CodecError, encoder
from django_socio_grpc.proto_serializers import ProtoSerializer
from encoded import pb
from messages import messages
from rest_framework import serializers


@pytest.mark.parametrize(
    ("message", "field", "value", "said"),
    [
        ("Number", serializers.IntegerField(), 2**40, "tests.Number.value is int32 and cannot"),
        ("Number", serializers.CharField(), "a", "tests.Number.value is int32 and cannot"),
        ("Number", serializers.FloatField(), 1.5, "1.5 is not a whole number"),
        ("Numbers", serializers.CharField(), "12", "repeated int32 and cannot carry '12'"),
        (
            "Numbers",
            serializers.ListField(child=serializers.IntegerField(allow_null=True)),
            [1, None],
            r"tests.Numbers.value is repeated int32 and cannot carry \[1, None\]",
        ),
        ("Counts", serializers.ListField(), [1], r"cannot carry \[1\]"),
        ("Tag", serializers.CharField(), "a", r"tests.Outer.value is tests.Tag"),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    message: str, field: serializers.Field, value: object, said: str
) -> None:
    cls = type("Odd", (ProtoSerializer,), {"value": field})
    target = getattr(pb, message)
    if message == "Tag":
        target = messages(Outer="Tag value", Tag="string label").Outer
    with pytest.raises(CodecError, match=said) as info:
        encoder(cls, target).encode(cls(), SimpleNamespace(value=value))
    assert "Change what the serializer's field 'value' represents" in str(info.value)


def test_an_unknown_key_of_an_enum_is_named() -> None:
    class Leveled(ProtoSerializer):
        value = serializers.CharField()

    target = messages(M="Level value", enums={"Level": ("NONE", "LOW")}).M
    with pytest.raises(CodecError, match=r"tests.Level has only NONE, LOW"):
        encoder(Leveled, target).encode(Leveled(), SimpleNamespace(value="MIDDLE"))


def test_a_value_deep_inside_is_named_by_its_own_message() -> None:
    class Inner(ProtoSerializer):
        value = serializers.CharField()

    class Outer(ProtoSerializer):
        inner = Inner(many=True)

    target = messages(Outer="repeated Inner inner", Inner="int32 value").Outer
    row = SimpleNamespace(inner=[SimpleNamespace(value="x")])
    with pytest.raises(CodecError, match=r"tests.Inner.value is int32 and cannot carry 'x'"):
        encoder(Outer, target).encode(Outer(), row)


def test_a_long_value_is_cut_in_the_error() -> None:
    class Long(ProtoSerializer):
        value = serializers.CharField()

    for kind in ("int32", "double"):
        target = messages(M=f"{kind} value").M
        with pytest.raises(CodecError) as caught:
            encoder(Long, target).encode(Long(), SimpleNamespace(value="x" * 100_000))
        assert f"M.value is {kind} and cannot carry 'xxx" in str(caught.value)
        assert len(str(caught.value)) < 600


def test_a_missing_attribute_is_named_as_drf_names_it() -> None:
    class Odd(ProtoSerializer):
        value = serializers.CharField()

    with pytest.raises(AttributeError, match="field `value` on serializer `Odd`"):
        encoder(Odd, pb.One).encode(Odd(), SimpleNamespace())


def test_an_error_in_a_method_of_the_user_is_the_users() -> None:
    class Broken(ProtoSerializer):
        value = serializers.SerializerMethodField()

        def get_value(self, row: Any) -> str:
            raise KeyError("my bug")

    with pytest.raises(KeyError, match="my bug"):
        encoder(Broken, pb.One).encode(Broken(), SimpleNamespace())
