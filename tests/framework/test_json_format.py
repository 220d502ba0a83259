"""Messages as dicts of JSON values, and back."""

import uuid

from django_socio_grpc.protobuf.json_format import message_to_dict, parse_dict
from messages import messages

pb = messages(
    M="string first_name, int64 total, int32 pages, bytes raw, optional string note, "
    "repeated string tags, Inner inner",
    Inner="string id",
)


def test_names_stay_and_values_are_those_of_json() -> None:
    message = pb.M(first_name="Ann", total=2**40, pages=7, raw=b"\x00\xff")
    assert message_to_dict(message) == {
        "first_name": "Ann",
        "total": str(2**40),
        "pages": 7,
        "raw": "AP8=",
        "tags": [],
    }


def test_what_is_not_set_has_its_default_unless_it_is_optional() -> None:
    found = message_to_dict(pb.M())
    assert found["pages"] == 0
    assert not {"note", "inner"} & found.keys()


def test_options_of_protobuf_are_taken() -> None:
    found = message_to_dict(pb.M(first_name="Ann"), preserving_proto_field_name=False)
    assert found["firstName"] == "Ann"


def test_a_dict_becomes_a_message_without_what_that_has_not() -> None:
    data = {"first_name": "Ann", "total": str(2**40), "note": None, "unknown": 1, "raw": "AP8="}
    message = parse_dict(data, pb.M())
    assert message == pb.M(first_name="Ann", total=2**40, raw=b"\x00\xff")


def test_a_uuid_becomes_text_wherever_it_is() -> None:
    key = uuid.UUID(int=7)
    message = parse_dict({"first_name": key, "tags": [key], "inner": {"id": key}}, pb.M())
    assert message == pb.M(first_name=str(key), tags=[str(key)], inner={"id": str(key)})
