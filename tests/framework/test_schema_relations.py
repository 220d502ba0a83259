"""Relations of a serializer -> fields of messages."""

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from editions import edition, fields_of, lines
from library.models import Author, Book
from rest_framework import serializers

VALUE = "google.protobuf.Value"


@pytest.mark.parametrize(
    ("field", "line"),
    [
        (
            serializers.SlugRelatedField(
                slug_field="label", many=True, read_only=True, source="tags"
            ),
            "repeated string",
        ),
        (serializers.StringRelatedField(source="author"), "string"),
        (serializers.PrimaryKeyRelatedField(read_only=True, source="author"), "int64"),
        (
            serializers.PrimaryKeyRelatedField(
                queryset=Author.objects.all(), source="author", pk_field=serializers.CharField()
            ),
            "string",
        ),
        (serializers.ReadOnlyField(source="author.name"), "string"),
        (serializers.ReadOnlyField(source="author.born"), "optional string"),
        (serializers.ReadOnlyField(source="author_id"), "int64"),
        (serializers.CharField(source="author.name"), "string"),
    ],
)
def test_relation(field: Any, line: str) -> None:
    assert lines(fields_of(edition(a=field))) == {"a": line}


@isolate_apps("library")
def test_what_lies_behind_a_nullable_relation_is_optional() -> None:
    class Loan(models.Model):  # noqa: DJ008
        book: Any = models.ForeignKey(Book, models.CASCADE, null=True, related_name="+")

        class Meta:
            app_label = "library"

    class LoanSerializer(serializers.ModelSerializer):
        title = serializers.CharField(source="book.title")
        book: Any = serializers.PrimaryKeyRelatedField(read_only=True)

        class Meta:
            model = Loan
            fields = ["title", "book"]

    assert lines(fields_of(LoanSerializer())) == {
        "title": "optional string",
        "book": "optional int64",
    }
