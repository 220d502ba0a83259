"""Pages lead to one another, told by metadata or by the request, on both servers."""

from typing import Any

import pytest
from declared import stub_of
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Tag
from pages import (
    LABELS,
    PARAMETERS,
    Behavior,
    Limited,
    Numbered,
    behavior,
    in_metadata,
    labels,
    paged,
    paginations,
    services,
    struct,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _tags(db: None) -> None:
    Tag.objects.bulk_create(Tag(label=label) for label in LABELS)


def walk(first: Any, ask: Any, link: str) -> list[list[str]]:
    """The labels of each page, from ``first`` on, as ``link`` leads from one to the next."""
    reply, pages = first, [labels(first)]
    while getattr(reply, link):
        reply = ask(getattr(reply, link))
        pages.append(labels(reply))
    return pages


FORWARDS = [["ant", "bee"], ["cat", "dog"], ["eel"]]


@services
@paginations
def test_pages_lead_to_one_another_by_metadata(
    mode: Mode, service: type[Service], pagination: type
) -> None:
    parameter = PARAMETERS[pagination]
    with stub_of(mode, paged(service, pagination)) as stub:

        def ask(token: str) -> Any:
            return in_metadata(stub, **{parameter: token}).List()

        first = stub.List()
        assert first.count == 5
        assert not first.previous
        assert walk(first, ask, "next") == FORWARDS
        last = ask(ask(first.next).next)
        assert walk(last, ask, "previous") == FORWARDS[::-1]


@services
@paginations
@behavior(Behavior.REQUEST_STRUCT_STRICT)
def test_pages_lead_to_one_another_by_a_struct_of_the_request(
    mode: Mode, service: type[Service], pagination: type
) -> None:
    parameter = PARAMETERS[pagination]
    with stub_of(mode, paged(service, pagination)) as stub:

        def ask(token: str) -> Any:
            return stub.List(_pagination=struct(**{parameter: token}))

        assert walk(stub.List(), ask, "next") == FORWARDS
        assert labels(in_metadata(stub, page=2, offset=2).List()) == FORWARDS[0]


@services
@paginations
@behavior(Behavior.METADATA_AND_REQUEST_MESSAGE)
def test_pages_lead_to_one_another_by_a_message_of_the_request(
    mode: Mode, service: type[Service], pagination: type
) -> None:
    parameter = PARAMETERS[pagination]
    with stub_of(mode, paged(service, pagination)) as stub:

        def ask(token: str) -> Any:
            value = token if parameter == "cursor" else int(token)
            return stub.List(_pagination=stub.pb.TagPagination(**{parameter: value}))

        assert walk(stub.List(), ask, "next") == FORWARDS


@services
@behavior(Behavior.METADATA_AND_REQUEST_STRUCT)
def test_the_request_wins_over_the_metadata(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Numbered)) as stub:
        asking = in_metadata(stub, page=2, page_size=1)
        assert labels(asking.List()) == ["bee"]
        assert labels(asking.List(_pagination=struct(page=3))) == ["cat"]
        assert labels(asking.List(_pagination=struct(page_size=3.0))) == ["dog", "eel"]


@services
@behavior(Behavior.REQUEST_STRUCT_STRICT)
def test_numbers_of_a_struct_are_whole(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Numbered)) as stub:
        page = stub.List(_pagination=struct(page=2, page_size=3))
        assert (labels(page), page.count, page.previous) == (["dog", "eel"], 5, "1")
    with stub_of(mode, paged(service, Limited)) as stub:
        page = stub.List(_pagination=struct(offset=1, limit=3))
        assert (labels(page), page.next, page.previous) == (["bee", "cat", "dog"], "4", "0")
