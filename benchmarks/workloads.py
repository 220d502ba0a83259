"""What is measured: each workload with its request, what a right reply is, and its goals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.project.bench.grpc import bench_pb2 as pb

Kind = Literal["unary", "download", "ping-pong", "open", "at once", "start-up"]
WAIT = 0.3
TOKEN = "a-token-of-the-benchmark"
IDS = (7, 501, 1234, 2500, 4242, 6006, 8765, 9999)
"""The questions that are asked for, one by each connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """``requests`` are sent each on a connection of its own, ``in_flight`` at a time.

    ``goals`` are ratios of the ``subject``'s figure to that of another contender: the least one,
    or, where ``fewer_is_better``, the greatest. ``limit`` is the greatest figure.
    """

    name: str
    kind: Kind = "unary"
    database: Literal["sqlite", "postgresql"] = "sqlite"
    path: str = ""
    requests: tuple[Any, ...] = ()
    reply: Any = None
    right: Callable[[Any], bool] = lambda reply: True
    metadata: tuple[tuple[str, str], ...] = ()
    contenders: tuple[str, ...] = ("raw", "peer", "ours")
    subject: str = "ours"
    goals: dict[str, float] = field(default_factory=dict)
    limit: float | None = None
    in_flight: int = 16
    streams: int = 1
    quick: bool = True

    @property
    def fewer_is_better(self) -> bool:
        """Whether the figure is seconds or bytes, and not a rate."""
        return self.kind in {"open", "at once", "start-up"}


def _retrieve(service: str, request: Any, reply: Any, **options: Any) -> Workload:
    return Workload(
        path=f"/bench.{service}Controller/Retrieve",
        requests=tuple(request(id=number) for number in IDS),
        reply=reply,
        right=lambda reply: str(reply.id) in reply.question_text,
        **options,
    )


def _list(service: str, size: int, **options: Any) -> Workload:
    paged = service == "Guarded"
    return Workload(
        path=f"/bench.{service}Controller/List",
        requests=(pb.PagedQuestionListRequest() if paged else pb.QuestionListRequest(),),
        reply=pb.PagedQuestionListResponse if paged else pb.QuestionListResponse,
        right=lambda reply: len(reply.results) == size and bool(reply.results[-1].pub_date),
        in_flight=8,
        **options,
    )


AUTHORIZED = (("headers", f'{{"Authorization": "Bearer {TOKEN}"}}'),)
PEERS = ("peer", "ours")
WORKLOADS = (
    Workload(
        name="Echo, no database",
        path="/bench.CallController/Echo",
        requests=(pb.CallEchoRequest(text="hello"),) * len(IDS),
        reply=pb.CallEchoResponse,
        right=lambda reply: reply.text == "hello",
        goals={"raw": 0.85, "peer": 3},
    ),
    _retrieve(
        "Question",
        pb.QuestionRetrieveRequest,
        pb.QuestionResponse,
        name="Retrieve, SQLite",
        goals={"peer": 4},
    ),
    _retrieve(
        "Question",
        pb.QuestionRetrieveRequest,
        pb.QuestionResponse,
        name="Retrieve, PostgreSQL",
        database="postgresql",
        goals={"peer": 3},
    ),
    _retrieve(
        "Delayed",
        pb.DelayedQuestionRetrieveRequest,
        pb.DelayedQuestionResponse,
        name="Retrieve, a database that takes 5 ms",
        database="postgresql",
        contenders=PEERS,
        goals={"peer": 10},
    ),
    _retrieve(
        "Custom",
        pb.CustomQuestionRetrieveRequest,
        pb.CustomQuestionResponse,
        name="Retrieve, to_representation overridden",
        contenders=PEERS,
        goals={"peer": 1.5},
    ),
    _retrieve(
        "Guarded",
        pb.PagedQuestionRetrieveRequest,
        pb.PagedQuestionResponse,
        name="Retrieve, with policies",
        metadata=AUTHORIZED,
        contenders=PEERS,
        goals={"peer": 3},
    ),
    _list("Hundred", 100, name="List of 100", contenders=PEERS, goals={"peer": 5}),
    _list("Thousand", 1000, name="List of 1000, SQLite", goals={"peer": 5}),
    _list(
        "Thousand",
        1000,
        name="List of 1000, PostgreSQL",
        database="postgresql",
        goals={"peer": 5},
        quick=False,
    ),
    _list(
        "Guarded",
        100,
        name="List of 100, with policies and pages",
        metadata=AUTHORIZED,
        contenders=PEERS,
        goals={"peer": 3},
    ),
    Workload(
        name="Create, PostgreSQL",
        database="postgresql",
        path="/bench.QuestionController/Create",
        requests=(pb.QuestionRequest(question_text="What now?"),) * len(IDS),
        reply=pb.QuestionResponse,
        right=lambda reply: reply.id > 0 and reply.question_text == "What now?",
        contenders=PEERS,
        goals={"peer": 2.5},
    ),
    Workload(
        name="Retrieve, SQLite, sync server",
        path="/bench.QuestionController/Retrieve",
        requests=tuple(pb.QuestionRetrieveRequest(id=number) for number in IDS),
        reply=pb.QuestionResponse,
        right=lambda reply: str(reply.id) in reply.question_text,
        contenders=("ours", "ours-sync"),
        subject="ours-sync",
        goals={"ours": 0.9},
    ),
    Workload(
        name="Stream of 10,000 rows",
        kind="download",
        path="/bench.RowsController/Stream",
        requests=(pb.QuestionStreamRequest(),),
        reply=pb.QuestionResponse,
        goals={"raw": 0.9, "peer": 1.4},
    ),
    Workload(name="Ping-pong, 1 stream", kind="ping-pong", goals={"raw": 0.85}),
    Workload(name="Ping-pong, 1000 streams", kind="ping-pong", streams=1000, goals={"raw": 0.85}),
    Workload(name="Open streams, 1000: bytes each", kind="open", streams=1000, goals={"raw": 1.2}),
    Workload(
        name="Open streams, 4000: bytes each",
        kind="open",
        streams=4000,
        goals={"raw": 1.2},
        quick=False,
    ),
    Workload(
        name="8 queries of 0.3 s at once: seconds",
        kind="at once",
        database="postgresql",
        contenders=PEERS,
        streams=8,
        limit=0.45,
    ),
    Workload(name="Start-up to the first reply: seconds", kind="start-up", goals={"raw": 1.3}),
    Workload(
        name="Start-up, PostgreSQL: seconds",
        kind="start-up",
        database="postgresql",
        goals={"raw": 1.3},
    ),
)
