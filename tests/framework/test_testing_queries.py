"""The queries of a server's threads, and the guard against one more for each row.

The fixture ``database`` stands for both kinds of ``django_db``.
"""

import pytest
from declared import Contract
from django_socio_grpc.testing import Mode, RunningServer, Stub, serve
from library.models import Tag
from tags import TAGS, BookService, JoinedBookService, Tags, add_book

services = pytest.mark.parametrize("service", TAGS)


@pytest.fixture(params=["db", "transactional_db"], autouse=True)
def database(request: pytest.FixtureRequest) -> None:
    """Handlers are in the test's transaction, or have connections of their own."""
    request.getfixturevalue(request.param)


def books(server: RunningServer, contract: Contract) -> Stub:
    return server.stub(BookService, contract.file)


@services
def test_queries_of_the_server_alone(mode: Mode, service: type[Tags]) -> None:
    with serve(mode, TAGS[service].hook) as server:
        stub = server.stub(service, TAGS[service].file)
        stub.List()
        with server.queries() as queries:
            Tag.objects.create(label="one")
            stub.List()
            assert Tag.objects.count() == 1
        stub.List()
    assert len(queries) == 1
    assert "library_tag" in queries[0].sql
    assert queries[0].alias == "default"
    assert str(queries).startswith('1. SELECT "library_tag"')


def test_queries_that_are_repeated(mode: Mode) -> None:
    contract = Contract(BookService)
    with serve(mode, contract.hook) as server:
        for _ in range(3):
            add_book()
        with server.queries() as queries:
            books(server, contract).List()
    (sql, count), *others = queries.repeated().items()
    assert count == 3
    assert "library_author" in sql
    assert not others


def test_a_limit_of_queries(mode: Mode) -> None:
    contract = Contract(BookService)
    with serve(mode, contract.hook) as server:
        for _ in range(3):
            add_book()
        stub = books(server, contract)
        with server.assert_max_queries(4) as queries:
            stub.List()
        assert len(queries) == 4
        with (
            pytest.raises(AssertionError, match=r"4 queries, 3 at most(.*\n)+4\. SELECT"),
            server.assert_max_queries(3),
        ):
            stub.List()


def test_a_list_that_queries_for_each_row(mode: Mode) -> None:
    contract = Contract(BookService)
    with serve(mode, contract.hook) as server:
        stub = books(server, contract)
        with pytest.raises(AssertionError) as caught:
            server.assert_no_n_plus_one(stub.List, add_book)
    message = str(caught.value)
    assert "2 queries became 4 with two rows more. Growing:\n1 -> 3 times: SELECT" in message
    assert "library_author" in message
    assert "select_related()" in message


def test_a_list_that_queries_for_all_rows_at_once(mode: Mode) -> None:
    contract = Contract(JoinedBookService)
    with serve(mode, contract.hook) as server:
        stub = books(server, contract)
        server.assert_no_n_plus_one(stub.List, add_book)
        assert len(stub.List().results) == 3


def test_blocks_within_blocks(mode: Mode) -> None:
    contract = Contract(JoinedBookService)
    with serve(mode, contract.hook) as server:
        stub = books(server, contract)
        with server.queries() as outer:
            stub.List()
            with server.queries() as inner:
                stub.List()
    assert (len(outer), len(inner)) == (2, 1)
