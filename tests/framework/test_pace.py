"""How many threads work at once: few while the process computes, more while it waits."""

import pytest
from django.db.utils import ConnectionHandler
from django_socio_grpc.concurrency import connections
from django_socio_grpc.concurrency.pace import Pace


def paced(limit: int, *, least: int = 2, most: int = 40) -> Pace:
    pace = Pace(most, least)
    pace.limit = limit
    return pace


@pytest.mark.parametrize(("engine", "few"), [("sqlite3", 1), ("postgresql", 2)])
def test_it_begins_with_few(engine: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two where a database is a server: the one computes while the other waits for it."""
    own = ConnectionHandler({"default": {"ENGINE": f"django.db.backends.{engine}"}})
    monkeypatch.setattr(connections, "connections", own)
    assert Pace(40).limit == few
    assert Pace(1).limit == 1, "not with more than there may be"


@pytest.mark.parametrize(("limit", "then"), [(1, 2), (2, 3), (3, 4), (8, 12), (30, 40), (40, 40)])
def test_it_grows_while_the_process_waits_and_jobs_do_too(limit: int, then: int) -> None:
    assert paced(limit).decide(cpu=0.3, late=False, queued=True) == then


@pytest.mark.parametrize(
    ("cpu", "late", "queued"),
    [
        (0.3, False, False),  # nobody waits
        (0.9, False, True),  # one more thread would hardly find room
    ],
)
def test_it_stays_as_it_is(cpu: float, late: bool, queued: bool) -> None:
    assert paced(8).decide(cpu=cpu, late=late, queued=queued) == 8


def test_it_grows_less_while_others_may_have_the_processor() -> None:
    assert paced(8).decide(cpu=0.3, late=True, queued=True) == 9


@pytest.mark.parametrize(("limit", "then"), [(40, 35), (8, 7), (3, 2), (2, 2)])
@pytest.mark.parametrize("queued", [True, False])
def test_it_shrinks_while_the_process_computes(limit: int, then: int, queued: bool) -> None:
    assert paced(limit).decide(cpu=1.1, late=False, queued=queued) == then


def test_it_reaches_both_ends_soon() -> None:
    pace = Pace(40, 2)
    grown = [pace.decide(cpu=0.1, late=False, queued=True) for _ in range(10)]
    assert grown[4] >= 8, "8 calls that wait for 0.3 s each are not to wait for each other"
    assert grown[-1] == 40
    assert [pace.decide(cpu=1.0, late=False, queued=True) for _ in range(30)][-1] == 2
