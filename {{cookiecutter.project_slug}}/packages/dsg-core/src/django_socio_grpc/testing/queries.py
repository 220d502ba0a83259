"""The queries of a server under test, and what a test can say about them."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.backends.signals import connection_created

SHOWN = 500
"""Characters of a query that a message shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query: ``sql`` with placeholders, and the ``alias`` of its database.

    ``by_test`` tells whether the test has made it, and not the server.
    """

    sql: str
    alias: str
    by_test: bool


class Queries(list[Query]):
    """The queries of a block, in their order."""

    def repeated(self) -> dict[str, int]:
        """How often each query was made that was made more than once, values aside."""
        counted = Counter(query.sql for query in self)
        return {sql: count for sql, count in counted.most_common() if count > 1}

    def __str__(self) -> str:
        return "\n".join(f"{number}. {query.sql[:SHOWN]}" for number, query in enumerate(self, 1))


class Recorder:
    """Sees the queries of the test's connections, and of all that the server's threads open."""

    def __init__(self) -> None:
        self._owner = threading.get_ident()
        self._blocks: list[Queries] = []
        self._wrappers: list[Any] = []

    @contextmanager
    def installed(self, wrappers: Iterable[Any]) -> Iterator[None]:
        """Watch ``wrappers``, Django's connections of the test, and those opened in the block."""
        for wrapper in wrappers:
            self._watch(wrapper)
        connection_created.connect(self._opened)
        try:
            yield
        finally:
            connection_created.disconnect(self._opened)
            for wrapper in self._wrappers:
                wrapper.execute_wrappers.remove(self._record)
            self._wrappers.clear()

    @contextmanager
    def block(self) -> Iterator[Queries]:
        """Yield what gets the queries of the block, the test's own among them."""
        queries = Queries()
        self._blocks.append(queries)
        try:
            yield queries
        finally:
            self._blocks = [block for block in self._blocks if block is not queries]

    @contextmanager
    def of_server(self) -> Iterator[Queries]:
        """Yield what has the queries of the server's threads, when the block has ended."""
        found = Queries()
        with self.block() as queries:
            yield found
        found.extend(query for query in queries if not query.by_test)

    def _opened(self, *, connection: Any, **_: Any) -> None:
        self._watch(connection)

    def _watch(self, wrapper: Any) -> None:
        if self._record not in wrapper.execute_wrappers:
            wrapper.execute_wrappers.append(self._record)
            self._wrappers.append(wrapper)

    def _record(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if self._blocks:
            query = Query(
                sql=str(sql),
                alias=context["connection"].alias,
                by_test=threading.get_ident() == self._owner,
            )
            for block in self._blocks:
                block.append(query)
        return execute(sql, params, many, context)


@contextmanager
def assert_max_queries(recorder: Recorder, limit: int) -> Iterator[Queries]:
    """Raise AssertionError if the server makes more than ``limit`` queries in the block."""
    with recorder.of_server() as queries:
        yield queries
    if len(queries) > limit:
        raise AssertionError(f"{len(queries)} queries, {limit} at most were expected:\n{queries}")


def assert_no_n_plus_one(
    recorder: Recorder, call: Callable[[], Any], add: Callable[[], Any]
) -> None:
    """Raise AssertionError if ``call`` makes more queries when there are more rows.

    ``add`` makes one more row. It is called once before the first call, so that there is one, and
    twice before the second.
    """
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            add()
        with recorder.of_server() as queries:
            call()
        counts.append(Counter(query.sql for query in queries))
    first, second = counts
    if second.total() <= first.total():
        return
    growing = "\n".join(
        f"{first[sql]} -> {count} times: {sql[:SHOWN]}"
        for sql, count in second.most_common()
        if count > first[sql]
    )
    raise AssertionError(
        f"{first.total()} queries became {second.total()} with two rows more. Growing:\n"
        f"{growing}\nLet the queryset fetch what each row needs: select_related() for one, "
        "prefetch_related() for many."
    )
