"""A test that ends with a rollback: its handlers work in its transaction, in both modes."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from django.db import IntegrityError, connection, transaction
from django_socio_grpc import client
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from library.models import Tag
from tags import TAGS, Tags

services = pytest.mark.parametrize("service", TAGS)
pytestmark = pytest.mark.django_db


@pytest.fixture
def tags(mode: Mode, service: type[Tags]) -> Iterator[Any]:
    with serve(mode, TAGS[service].hook) as server:
        yield server.stub(service, TAGS[service].file)


@services
def test_handlers_see_what_the_test_has_not_committed(tags: Any) -> None:
    tag = Tag.objects.create(label="one")
    assert tags.Retrieve(id=tag.pk).label == "one"
    assert [each.label for each in tags.List().results] == ["one"]
    with transaction.atomic():
        Tag.objects.create(label="two")
        assert len(tags.List().results) == 2


@services
@pytest.mark.parametrize("attempt", [1, 2])
def test_the_rollback_takes_back_what_handlers_do(tags: Any, attempt: int) -> None:
    assert not Tag.objects.exists()
    tags.Create(label="one")
    assert Tag.objects.get().label == "one"
    assert tags.OnceAnyway(text="two").text == "new"
    assert tags.TwiceOrNever(text="three").text == "done"
    assert Tag.objects.count() == 4


@services
def test_a_statement_that_fails_is_taken_back_alone(tags: Any) -> None:
    """As in production, where each statement of a handler is a transaction."""
    Tag.objects.create(label="one")
    assert tags.OnceAnyway(text="one").text == "one of 1"
    assert tags.OnceAnyway(text="two").text == "new"
    assert Tag.objects.count() == 2


@services
def test_a_call_that_fails_leaves_the_transaction_of_the_test_well(tags: Any) -> None:
    Tag.objects.create(label="one-2")
    for _ in range(2):
        with pytest.raises(grpc.RpcError) as caught:
            tags.TwiceOrNever(text="one")
        assert caught.value.code() is StatusCode.ALREADY_EXISTS
        with transaction.atomic():
            assert Tag.objects.get().label == "one-2"
    with pytest.raises(grpc.RpcError) as caught:
        tags.Create(label="one-2")
    assert caught.value.code() is StatusCode.INVALID_ARGUMENT
    assert client.errors(caught.value).keys() == {"label"}
    assert Tag.objects.count() == 1


@services
def test_an_error_of_the_test_itself_is_djangos(tags: Any) -> None:
    Tag.objects.create(label="one")
    with pytest.raises(IntegrityError):
        Tag.objects.create(label="one")
    assert connection.needs_rollback
    with pytest.raises(transaction.TransactionManagementError):
        Tag.objects.count()


@services
def test_a_stream_goes_on_while_the_test_works(tags: Any) -> None:
    with tags.Find() as found:
        found.send(text="one")
        assert found.receive().text == "False"
        Tag.objects.create(label="one")
        tags.Create(label="two")
        for label in ("one", "two"):
            found.send(text=label)
            assert found.receive().text == "True"


@services
def test_calls_at_the_same_time(tags: Any) -> None:
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda n: tags.Create(label=f"tag-{n}"), range(40)))
    assert Tag.objects.count() == 40
    assert len(tags.List().results) == 40


@services
def test_the_connection_is_the_tests_own_again(mode: Mode, service: type[Tags]) -> None:
    before, wrappers = connection.connection, list(connection.execute_wrappers)
    with serve(mode, TAGS[service].hook) as server:
        server.stub(service, TAGS[service].file).Create(label="one")
        assert connection.allow_thread_sharing
    assert connection.connection is before
    assert not connection.allow_thread_sharing
    assert connection.execute_wrappers == wrappers
    assert Tag.objects.get().label == "one"


@services
def test_two_servers_in_one_test(service: type[Tags]) -> None:
    contract = TAGS[service]
    wrappers = list(connection.execute_wrappers)
    with serve("aio", contract.hook) as one:
        with serve("sync", contract.hook) as other:
            for server in (one, other):
                server.stub(service, contract.file).Create(label=server.mode)
            assert Tag.objects.count() == 2
        with pytest.raises(grpc.RpcError):
            stub = one.stub(service, contract.file)
            stub.Create(label="two-2")
            stub.TwiceOrNever(text="two")
        assert len(stub.List().results) == 3
    assert connection.execute_wrappers == wrappers


@services
@pytest.mark.django_db(transaction=True)
def test_connections_of_their_own_when_the_test_commits(mode: Mode, service: type[Tags]) -> None:
    others: set[int] = set()

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        others.add(threading.get_ident())
        return execute(sql, params, many, context)

    Tag.objects.create(label="one")
    with connection.execute_wrapper(note), serve(mode, TAGS[service].hook) as server:
        stub = server.stub(service, TAGS[service].file)
        assert [each.label for each in stub.List().results] == ["one"]
    assert others == set()
