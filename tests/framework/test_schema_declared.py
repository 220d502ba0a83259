"""What an action may declare in place: the fields of its messages."""

from typing import Any

import pytest
from contracts import (
    TagProtoSerializer,
    contract,
    lines,
    named,
    service,
)
from django_socio_grpc.schema.model import STRUCT, FieldCardinality


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ({"type": "string"}, "string a"),
        ({"type": "repeated string"}, "repeated string a"),
        ({"type": "optional int64"}, "optional int64 a"),
        ({"type": "string", "cardinality": FieldCardinality.REPEATED}, "repeated string a"),
        ({"type": "string", "cardinality": "optional"}, "optional string a"),
        ({"type": "map<string, int32>"}, "map<string, int32> a"),
        ({"type": STRUCT}, f"{STRUCT} a"),
        ({"type": int}, "int32 a"),
        ({"type": list[str]}, "repeated string a"),
        ({"type": TagProtoSerializer}, "TagProtoSerializer a"),
        (
            {"type": TagProtoSerializer, "cardinality": FieldCardinality.REPEATED},
            "repeated TagProtoSerializer a",
        ),
    ],
)
def test_declared_field(field: dict[str, Any], line: str) -> None:
    found = named(contract(service(Lend={"request": [{"name": "a", **field}]})))
    assert lines(found["BookLendRequest"]) == [line]


@pytest.mark.parametrize(
    ("comment", "text"), [("One line.", "One line."), (["Two", "lines."], "Two\nlines.")]
)
def test_comment_of_a_declared_field(comment: Any, text: str) -> None:
    field = {"name": "a", "type": "string", "comment": comment}
    found = named(contract(service(Lend={"request": [field]})))
    assert found["BookLendRequest"].fields[0].comment == text
