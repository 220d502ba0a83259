"""``cache_endpoint`` and ``vary_on_metadata``: which calls share a kept reply."""

import json
from collections.abc import Iterator

import pytest
from declared import stub_of
from django.core.cache import cache
from django.test import override_settings
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from reports import as_, runs, services


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    runs.clear()
    cache.clear()
    yield
    cache.clear()


@services
@pytest.mark.parametrize("action", ["Read", "Above"])
def test_the_same_call_has_the_same_reply(mode: Mode, service: type[Service], action: str) -> None:
    with stub_of(mode, service) as stub:
        assert [getattr(stub, action)(text="a").text for _ in range(3)] == ["a 1"] * 3
    assert runs == ["a"]


@services
def test_another_request_has_another_reply(mode: Mode, service: type[Service]) -> None:
    """The public package leaves the request out of its key."""
    with stub_of(mode, service) as stub:
        assert [stub.Read(text=text).text for text in "abab"] == ["a 1", "b 2", "a 1", "b 2"]


@services
def test_another_user_has_another_reply(mode: Mode, service: type[Service]) -> None:
    """The public package leaves the user out of its key."""
    one = {"x__user": "ada"}
    callers = [one, {"x__user": "bob"}, {}, {"x__key": "k1"}, {"x__key": "k2"}]
    callers += [{**one, "x__key": "k1"}, {**one, "x__key": "k2"}]  # keys of other rights, maybe
    with stub_of(mode, service) as stub:
        first = [as_(stub, **caller).Read(text="a").text for caller in callers]
        again = [as_(stub, **caller).Read(text="a").text for caller in callers]
    assert first == again == [f"a {number}" for number in range(1, 8)]


@services
def test_a_user_without_an_identity_is_never_taken_for_another(
    mode: Mode, service: type[Service]
) -> None:
    with stub_of(mode, service) as stub:
        assert [as_(stub, x__user="?").Read(text="a").text for _ in range(2)] == ["a 1", "a 2"]


@services
@pytest.mark.parametrize("name", ["filters", "pagination"])
def test_other_filters_and_pages_have_other_replies(
    mode: Mode, service: type[Service], name: str
) -> None:
    asked = [json.dumps({"page": page}) for page in (1, 2, 1)]
    with stub_of(mode, service) as stub:
        texts = [as_(stub, **{name: value}).Read(text="a").text for value in asked]
    assert texts == ["a 1", "a 2", "a 1"]


@services
@pytest.mark.parametrize("action", ["Varied", "VariedAbove"])
def test_metadata_that_the_reply_depends_on(
    mode: Mode, service: type[Service], action: str
) -> None:
    headers = json.dumps({"x-tenant": "three"})
    with stub_of(mode, service) as stub:
        stubs = [as_(stub, x__tenant="one"), as_(stub, x__tenant="two"), stub]
        stubs += [as_(stub, headers=headers), as_(stub, x__tenant="one", x__other="1")]
        texts = [getattr(one, action)(text="a").text for one in stubs]
    assert texts == ["a 1", "a 2", "a 3", "a 4", "a 1"]


@services
def test_metadata_whose_name_no_header_may_have(mode: Mode, service: type[Service]) -> None:
    """Names with an underscore stay out of META, and must count all the same."""
    with stub_of(mode, service) as stub:
        texts = [as_(stub, x_area=area).Varied(text="a").text for area in ("n", "s", "n")]
    assert texts == ["a 1", "a 2", "a 1"]


@services
def test_all_values_of_a_name_count(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        pairs = [("x-tenant", "one"), ("x-tenant", "two")]
        twice = stub.options(metadata=pairs)
        assert twice.Varied(text="a").text == "a 1"
        assert as_(stub, x__tenant="two").Varied(text="a").text == "a 2"


@services
def test_the_language_counts(mode: Mode, service: type[Service]) -> None:
    middlewares = ["django_socio_grpc.middlewares.locale_middleware"]
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": middlewares}),
        stub_of(mode, service) as stub,
    ):
        spoken = [{"accept__language": language} for language in ("fr", "de", "fr")]
        texts = [as_(stub, **metadata).Language(text="a").text for metadata in spoken]
    assert texts == ["fr 1", "de 2", "fr 1"]
