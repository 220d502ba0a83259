"""``manage.py generateproto``: whole messages, enums and plugins do not break a contract."""

import enum
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.generics import GenericService
from django_socio_grpc.protobuf.generation_plugin import ListGenerationPlugin
from rest_framework import serializers
from shops import Shop


class Place(serializers.Serializer):
    town = serializers.CharField()
    street = serializers.CharField()


class Shelf(serializers.Serializer):
    place = Place()
    size = serializers.IntegerField()


class Bare(serializers.Serializer):
    size = serializers.IntegerField()


Bare.__name__ = "Shelf"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.syspath_prepend(tmp_path)
    return Shop(tmp_path)


def serve(shop: Shop, **arguments: Any) -> None:
    action = grpc_action(**arguments)(lambda self, request, context: None)
    shop.sync = shop.aio = [type("TagService", (GenericService,), {"Lend": action})]


def kind(*keys: str) -> Any:
    return {"name": "kind", "type": enum.Enum("Kind", [(key, key) for key in keys])}


def lines(shop: Shop) -> list[str]:
    return [line.strip() for line in shop.proto.read_text().splitlines()]


# Whole messages


def test_a_message_that_is_gone_is_said_and_its_field_reserved(shop: Shop) -> None:
    serve(shop, response=Shelf)
    shop.run()
    serve(shop, response=Bare)
    printed = shop.run().splitlines()
    assert "message PlaceResponse is removed." in printed
    assert "ShelfResponse.place (1) is removed: its number and name stay reserved." in printed


def test_a_message_that_comes_back_is_not_what_old_clients_read(shop: Shop) -> None:
    for serializer in (Shelf, Bare, Shelf):
        serve(shop, response=serializer)
        shop.run()
    assert "PlaceResponse place = 3;" in lines(shop)
    assert "reserved 1;" in lines(shop)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"response": Place}, "TagController.Lend returns PlaceResponse instead of ShelfResponse"),
        ({"response": Shelf, "response_name": "Rack"}, "returns Rack instead of ShelfResponse"),
        (
            {"response": Shelf, "use_generation_plugins": [ListGenerationPlugin(response=True)]},
            "returns ShelfListResponse instead of ShelfResponse",
        ),
        ({"response": Shelf, "response_stream": True}, "response_stream becomes True"),
        ({"request": Bare, "response": Shelf}, "takes ShelfRequest instead of google.protobuf.Em"),
    ],
)
def test_another_message_in_its_place_is_refused(shop: Shop, arguments: Any, text: str) -> None:
    serve(shop, response=Shelf)
    shop.run()
    before = shop.proto.read_text()
    serve(shop, **arguments)
    assert text in shop.error()
    assert shop.proto.read_text() == before
    shop.run("--allow-breaking")
    assert "up to date" in shop.run("--check")


def test_a_type_that_changes_is_refused_with_what_keeps_it(shop: Shop) -> None:
    class Plain(serializers.Serializer):
        size = serializers.IntegerField()

    class Wide(serializers.Serializer):
        size = serializers.IntegerField(max_value=2**40)

    class Kept(Wide):
        class Meta:
            proto_types: ClassVar[dict[str, str]] = {"size": "int32"}

    for cls in (Plain, Wide, Kept):
        cls.__name__ = "Shelf"
    serve(shop, response=Plain)
    shop.run()
    serve(shop, response=Wide)
    error = shop.error()
    assert "ShelfResponse.size becomes int64 instead of int32. Keep its type, by" in error
    assert "Meta.proto_types = {'size': 'int32'} in Shelf, or give the new field" in error
    serve(shop, response=Kept)
    shop.run()
    assert "int32 size = 1;" in lines(shop)


def test_the_message_of_a_field_cannot_be_another(shop: Shop) -> None:
    class Address(Place):
        pass

    class Moved(serializers.Serializer):
        place = Address()
        size = serializers.IntegerField()

    Moved.__name__ = "Shelf"
    serve(shop, response=Shelf)
    shop.run()
    serve(shop, response=Moved)
    error = shop.error()
    assert "ShelfResponse.place becomes AddressResponse instead of PlaceResponse" in error


# Enums


def test_values_keep_their_numbers_and_those_that_are_gone_are_reserved(shop: Shop) -> None:
    serve(shop, request=[kind("NOVEL", "POEM", "PLAY")])
    shop.run()
    serve(shop, request=[kind("LETTER", "PLAY", "NOVEL")])
    shop.run()
    found = lines(shop)
    for line in ("NOVEL = 1;", "PLAY = 3;", "LETTER = 4;", "reserved 2;", 'reserved "POEM";'):
        assert line in found


def test_a_value_that_comes_back_has_another_number(shop: Shop) -> None:
    for keys in (["NOVEL", "POEM"], ["NOVEL"], ["NOVEL", "POEM"]):
        serve(shop, request=[kind(*keys)])
        shop.run()
    assert "POEM = 3;" in lines(shop)
    assert "reserved 2;" in lines(shop)


def test_an_enum_does_not_become_a_text_in_silence(shop: Shop) -> None:
    serve(shop, request=[kind("NOVEL")])
    shop.run()
    serve(shop, request=[{"name": "kind", "type": "string"}])
    assert "TagLendRequest.kind becomes string instead of Kind.Enum" in shop.error()


# Numbering anew


def test_numbers_start_again_where_somebody_insists(shop: Shop) -> None:
    serve(shop, request=[kind("NOVEL", "POEM"), {"name": "days", "type": "int32"}])
    shop.run()
    serve(shop, request=[{"name": "days", "type": "int32"}, kind("POEM", "PLAY")])
    shop.run("--override-fields-number")
    found = lines(shop)
    for line in ("int32 days = 1;", "Kind.Enum kind = 2;", "POEM = 1;", "PLAY = 2;"):
        assert line in found
    assert not any(line.startswith("reserved") for line in found)


def test_a_type_that_changes_is_refused_whoever_changes_it(shop: Shop) -> None:
    days = [{"name": "days", "type": "int32"}]
    serve(shop, request=days)
    shop.run()
    serve(shop, request=days, use_generation_plugins=["plugins.AllStrings"])
    shop.run()  # it is about responses
    serve(shop, response=days, request=days)
    assert "returns TagLendResponse instead of google.protobuf.Empty" in shop.error()
    shop.run("--allow-breaking")
    serve(shop, response=days, request=days, use_generation_plugins=["plugins.AllStrings"])
    assert "TagLendResponse.days becomes string instead of int32" in shop.error()
