"""Stable numbers: what an existing contract keeps, and what is reserved."""

import pytest
from django_socio_grpc.contract import protoc
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.exceptions import ProtobufGenerationException
from django_socio_grpc.schema.model import (
    AppSpec,
    EnumSpec,
    EnumValue,
    FieldCardinality,
    FieldSpec,
)
from specs import message, numbers, previous, spec

OPTIONAL, REPEATED = FieldCardinality.OPTIONAL, FieldCardinality.REPEATED


def test_first_contract_numbers_fields_in_order() -> None:
    (found,) = assign(spec(message("title", "author", "pages")), None).messages
    assert numbers(found) == {"title": 1, "author": 2, "pages": 3}
    assert found.reserved_numbers == ()


def test_each_message_has_numbers_of_its_own() -> None:
    found = assign(spec(message("title"), message("label", name="Tag")), None).messages
    assert [numbers(item) for item in found] == [{"title": 1}, {"label": 1}]


def test_fields_keep_the_numbers_of_the_existing_contract() -> None:
    old = previous("message Book { string author = 3; string title = 7; }")
    (found,) = assign(spec(message("title", "author")), old).messages
    assert numbers(found) == {"title": 7, "author": 3}


def test_new_field_is_numbered_above_the_highest_and_not_in_a_gap() -> None:
    old = previous("message Book { string title = 2; string author = 9; }")
    (found,) = assign(spec(message("subtitle", "title", "author", "isbn")), old).messages
    assert numbers(found) == {"subtitle": 10, "title": 2, "author": 9, "isbn": 11}


def test_new_field_is_numbered_above_reserved_numbers() -> None:
    old = previous("message Book { reserved 5, 8 to 12; string title = 1; }")
    (found,) = assign(spec(message("title", "author")), old).messages
    assert numbers(found)["author"] == 13


def test_removed_field_is_reserved_by_number_and_name() -> None:
    old = previous("message Book { string title = 1; string author = 2; }")
    (found,) = assign(spec(message("title")), old).messages
    assert found.reserved_numbers == (range(2, 3),)
    assert found.reserved_names == ("author",)


def test_reserved_stays_reserved_for_ever() -> None:
    first = previous("message Book { string title = 1; string author = 2; }")
    second = protoc.parse(render(assign(spec(message("title")), first)))
    third = protoc.parse(render(assign(spec(message("title", "isbn")), second)))
    (found,) = assign(spec(message("title", "isbn", "pages")), third).messages
    assert numbers(found) == {"title": 1, "isbn": 3, "pages": 4}
    assert found.reserved_numbers == (range(2, 3),)
    assert found.reserved_names == ("author",)


def test_field_that_comes_back_gets_a_new_number() -> None:
    old = previous('message Book { reserved 2; reserved "author"; string title = 1; }')
    found = assign(spec(message("title", "author")), old)
    assert numbers(found.messages[0]) == {"title": 1, "author": 3}
    assert found.messages[0].reserved_names == ()
    assert found.messages[0].reserved_numbers == (range(2, 3),)
    protoc.parse(render(found))


def test_neighbouring_reserved_numbers_are_one_range() -> None:
    old = previous("message Book { reserved 2; string a = 1; string b = 3; string c = 5; }")
    (found,) = assign(spec(message("a")), old).messages
    assert found.reserved_numbers == (range(2, 4), range(5, 6))


def test_range_to_max_does_not_use_up_the_numbers_below_it() -> None:
    old = previous("message Book { reserved 100 to max; string title = 1; }")
    (found,) = assign(spec(message("title", "author")), old).messages
    assert numbers(found)["author"] == 2


def test_no_number_left_is_an_error_that_names_the_message() -> None:
    old = previous("message Book { reserved 2 to max; string title = 1; }")
    with pytest.raises(ProtobufGenerationException, match="Book has no number left"):
        assign(spec(message("title", "author")), old)


def test_protobufs_own_numbers_are_left_out() -> None:
    old = previous("message Book { string title = 18999; }")
    (found,) = assign(spec(message("title", "author")), old).messages
    assert numbers(found)["author"] == 20000


def test_message_that_was_not_there_starts_from_one() -> None:
    old = previous("message Book { string title = 9; }")
    found = assign(spec(message("title"), message("label", name="Tag")), old).messages
    assert numbers(found[1]) == {"label": 1}


def test_same_services_give_the_same_contract() -> None:
    first = assign(spec(message("b", "a")), None)
    again = assign(spec(message("b", "a")), protoc.parse(render(first)))
    assert render(again) == render(first)


@pytest.mark.parametrize(
    ("declared", "kept"),
    [
        ("double price = 1;", "double"),
        ("float price = 1;", "float"),
        ("google.protobuf.Timestamp price = 1;", "google.protobuf.Timestamp"),
    ],
)
def test_field_keeps_a_wire_type_that_it_can_be_sent_as(declared: str, kept: str) -> None:
    field = FieldSpec(
        name="price",
        type="string",
        accepts=frozenset({"double", "float", "google.protobuf.Timestamp"}),
    )
    found = assign(spec(message(field)), previous(f"message Book {{ {declared} }}"))
    assert found.messages[0].fields[0].type == kept


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        ("optional string", FieldCardinality.NONE, OPTIONAL),
        ("string", OPTIONAL, OPTIONAL),
        ("optional string", OPTIONAL, OPTIONAL),
        ("string", FieldCardinality.NONE, FieldCardinality.NONE),
        ("repeated string", REPEATED, REPEATED),
    ],
)
def test_presence_may_be_added_but_is_never_taken_away(
    before: str, now: FieldCardinality, after: FieldCardinality
) -> None:
    field = FieldSpec(name="title", type="string", cardinality=now)
    old = previous(f"message Book {{ {before} title = 1; }}")
    assert assign(spec(message(field)), old).messages[0].fields[0].cardinality is after


def test_map_field_keeps_its_number() -> None:
    field = FieldSpec(name="counts", type="map<string, int32>")
    old = previous("message Book { map<string,int32> counts = 4; }")
    assert numbers(assign(spec(message(field)), old).messages[0]) == {"counts": 4}


def test_message_types_of_the_own_package_are_the_same_type() -> None:
    tags = FieldSpec(name="tags", type="Tag", cardinality=REPEATED)
    old = previous("message Tag {} message Book { repeated Tag tags = 2; }")
    found = assign(spec(message(tags), message(name="Tag")), old).messages
    assert numbers(found[0]) == {"tags": 2}


def enums(*keys: str) -> AppSpec:
    values = tuple(EnumValue(key, number) for number, key in enumerate(keys))
    return AppSpec(package="library", enums=(EnumSpec(name="Genre", values=values),))


def pairs(found: EnumSpec) -> dict[str, int]:
    return {value.key: value.number for value in found.values}


def test_enum_values_keep_their_numbers_and_gone_ones_are_reserved() -> None:
    old = previous("enum Genre { NONE = 0; NOVEL = 1; POEM = 2; }")
    (found,) = assign(enums("NONE", "POEM", "ESSAY"), old).enums
    assert pairs(found) == {"NONE": 0, "POEM": 2, "ESSAY": 3}
    assert found.reserved_numbers == (range(1, 2),)
    assert found.reserved_names == ("NOVEL",)


def test_reserved_enum_numbers_are_not_given_again() -> None:
    old = previous('enum Genre { reserved 1 to 3; reserved "NOVEL"; NONE = 0; }')
    found = assign(enums("NONE", "POEM"), old)
    assert pairs(found.enums[0]) == {"NONE": 0, "POEM": 4}
    assert found.enums[0].reserved_numbers == (range(1, 4),)
    protoc.parse(render(found))


def test_new_enum_keeps_the_numbers_it_comes_with() -> None:
    (found,) = assign(enums("NONE", "NOVEL"), None).enums
    assert pairs(found) == {"NONE": 0, "NOVEL": 1}
