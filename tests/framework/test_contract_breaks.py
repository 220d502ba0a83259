"""What would break clients of an existing contract is refused, unless it is insisted on."""

from dataclasses import replace
from typing import Any

import pytest
from django_socio_grpc.contract import protoc
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.exceptions import ProtobufGenerationException
from django_socio_grpc.schema.model import (
    AppSpec,
    FieldCardinality,
    FieldSpec,
    RpcSpec,
)
from specs import message, numbers, previous, spec

REPEATED = FieldCardinality.REPEATED
RPC = RpcSpec(name="Get", request="Book", response="Book")
OLD = "service BookController { rpc Get(Book) returns (Book) {} }"


def breaks(new: AppSpec, body: str, package: str = "library") -> str:
    with pytest.raises(ProtobufGenerationException) as caught:
        assign(new, previous(body, package))
    return str(caught.value)


def test_type_that_changes_is_refused_with_both_types_and_the_way_out() -> None:
    text = breaks(spec(message("pages")), "message Book { int32 pages = 1; }")
    assert "Book.pages becomes string instead of int32" in text
    assert "another name" in text
    assert "--allow-breaking" in text


def test_repeated_that_becomes_single_is_refused() -> None:
    text = breaks(spec(message("title")), "message Book { repeated string title = 1; }")
    assert "Book.title becomes string instead of repeated string" in text


def test_single_that_becomes_repeated_is_refused() -> None:
    field = FieldSpec(name="title", type="string", cardinality=REPEATED)
    text = breaks(spec(message(field)), "message Book { string title = 1; }")
    assert "Book.title becomes repeated string instead of string" in text


def test_removed_service_is_refused() -> None:
    assert "service BookController is gone" in breaks(spec(message()), f"message Book {{}} {OLD}")


def test_removed_rpc_is_refused() -> None:
    new = spec(message(), rpc=replace(RPC, name="Fetch"))
    assert "BookController.Get is gone" in breaks(new, f"message Book {{}} {OLD}")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"request": "Tag"}, "BookController.Get takes Tag instead of Book"),
        ({"response": "Tag"}, "BookController.Get returns Tag instead of Book"),
        ({"request_stream": True}, "BookController.Get: request_stream becomes True"),
        ({"response_stream": True}, "BookController.Get: response_stream becomes True"),
    ],
)
def test_rpc_that_changes_is_refused(change: dict[str, Any], text: str) -> None:
    new = spec(message(), message(name="Tag"), rpc=replace(RPC, **change))
    assert text in breaks(new, f"message Book {{}} {OLD}")


def test_package_that_changes_is_refused() -> None:
    text = breaks(spec(message()), "message Book {}", package="project.library")
    assert "package 'project.library' becomes 'library'" in text
    assert "--project" in text


def test_every_break_is_listed() -> None:
    text = breaks(
        spec(message("title", "pages")),
        f"message Book {{ int32 title = 1; int32 pages = 2; }} {OLD}",
    )
    assert text.count("\n  - ") == 3


def test_new_service_rpc_message_and_field_are_no_breaks() -> None:
    new = spec(message("title", "isbn"), message(name="Tag"), rpc=RPC)
    assert assign(new, previous("message Book { string title = 1; }")).services == new.services


def test_allow_breaking_gives_a_changed_type_a_new_number() -> None:
    old = previous("message Book { int32 pages = 1; string title = 2; }")
    found = assign(spec(message("pages", "title")), old, allow_breaking=True)
    assert numbers(found.messages[0]) == {"pages": 3, "title": 2}
    assert found.messages[0].reserved_numbers == (range(1, 2),)
    assert found.messages[0].reserved_names == ()
    protoc.parse(render(found))


def test_allow_breaking_lets_a_service_go() -> None:
    old = previous(f"message Book {{}} {OLD}")
    assert assign(spec(message()), old, allow_breaking=True).services == ()


def test_message_that_goes_with_its_only_field_is_no_break() -> None:
    old = previous("message Tag { string label = 1; } message Book { Tag tag = 1; }")
    (found,) = assign(spec(message("title")), old).messages
    assert numbers(found) == {"title": 2}
    assert found.reserved_names == ("tag",)
