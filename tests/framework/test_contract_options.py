"""The options of an existing contract: read, carried over to the next one, and written."""

from dataclasses import replace

from django_socio_grpc.contract import descriptors, handwritten, options, protoc
from django_socio_grpc.contract.render import render
from django_socio_grpc.schema.model import AppSpec
from google.protobuf.descriptor_pb2 import FeatureSet, FieldOptions
from specs import previous

FILE = previous(
    """
    option java_package = "org.example";
    service BookController {
        option deprecated = true;
        rpc Get(Book) returns (Book) { option idempotency_level = NO_SIDE_EFFECTS; }
    }
    message Book {
        option deprecated = true;
        string long_title = 1 [json_name = "title"];
        repeated int32 pages = 2 [packed = false];
        optional int64 isbn = 3 [jstype = JS_STRING, deprecated = true];
        string _x__y_ = 4;
    }
    enum Genre { option allow_alias = true; NONE = 0; POEM = 1; RHYME = 1; }
    """
)
SPEC = descriptors.read(FILE)


def without_options(spec: AppSpec) -> AppSpec:
    return replace(
        spec,
        options=(),
        services=tuple(
            replace(
                service,
                options=(),
                rpcs=tuple(replace(rpc, options=()) for rpc in service.rpcs),
            )
            for service in spec.services
        ),
        messages=tuple(
            replace(
                message,
                options=(),
                fields=tuple(replace(field, options=()) for field in message.fields),
            )
            for message in spec.messages
        ),
        enums=tuple(replace(enum, options=()) for enum in spec.enums),
    )


def test_every_kind_is_read() -> None:
    (service,), (message,), (enum,) = SPEC.services, SPEC.messages, SPEC.enums
    assert SPEC.options == ('java_package = "org.example"',)
    assert service.options == message.options == ("deprecated = true",)
    assert service.rpcs[0].options == ("idempotency_level = NO_SIDE_EFFECTS",)
    assert enum.options == ("allow_alias = true",)
    assert {field.name: field.options for field in message.fields} == {
        "long_title": ('json_name = "title"',),
        "pages": ("packed = false",),
        "isbn": ("deprecated = true", "jstype = JS_STRING"),
        "_x__y_": (),
    }


def test_what_is_written_is_read_again() -> None:
    again = protoc.parse(render(SPEC))
    assert descriptors.read(again) == SPEC
    assert list(handwritten.find(again)) == []


def test_a_new_contract_has_those_of_the_old_one() -> None:
    bare = without_options(SPEC)
    assert bare != SPEC
    assert options.carried(bare, SPEC) == SPEC


def test_a_part_that_is_new_has_none() -> None:
    bare = without_options(SPEC)
    renamed = replace(bare, messages=(replace(bare.messages[0], name="Novel"),))
    assert options.carried(renamed, SPEC).messages == renamed.messages


def test_a_field_of_another_type_has_none() -> None:
    bare = without_options(SPEC)
    fields = tuple(replace(field, type="double") for field in bare.messages[0].fields)
    changed = replace(bare, messages=(replace(bare.messages[0], fields=fields),))
    (message,) = options.carried(changed, SPEC).messages
    assert [field.options for field in message.fields] == [(), (), (), ()]


def test_options_of_more_than_one_value_are_named_and_not_read() -> None:
    target = FieldOptions.TARGET_TYPE_FIELD
    found = FieldOptions(deprecated=True, targets=[target], features=FeatureSet())
    assert options.read(found) == ("deprecated = true",)
    assert list(options.unreadable(found)) == ["targets", "features"]
