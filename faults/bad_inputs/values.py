"""Values that parse, and that no row can have."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import grpc
from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from google.type.date_pb2 import Date
from grpc_status import rpc_status

from faults import postgresql
from faults.bad_inputs.expected import LEAK
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.project.faulty.grpc import faulty_pb2 as pb

CASES = Cases()
YEAR_10000 = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)).timestamp()) + 1
INFINITY = float("inf")

# What is wrong -> the field that must be named, and the fields of the request.
WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "no name": ("name", {"name": ""}),
    "a name of 201": ("name", {"name": "x" * 201}),
    "NUL in a name": ("name", {"name": "a\0b"}),
    "NUL in a text": ("text", {"text": "a\0b"}),
    "enum 999": ("grade", {"grade": 999}),
    "enum -1": ("grade", {"grade": -1}),
    "a negative count": ("count", {"count": -1}),
    "NaN": ("ratio", {"ratio": float("nan")}),
    "Infinity": ("ratio", {"ratio": INFINITY}),
    "-Infinity": ("ratio", {"ratio": -INFINITY}),
    "NaN in JSON": ("data", {"data": Value(number_value=float("nan"))}),
    "a price of text": ("price", {"price": "much"}),
    "a price NaN": ("price", {"price": "NaN"}),
    "a price Infinity": ("price", {"price": "Infinity"}),
    "a price 1E+400": ("price", {"price": "1E+400"}),
    "a price of 4,000 digits": ("price", {"price": "9" * 4000}),
    "the year 10000": ("at", {"at": Timestamp(seconds=YEAR_10000)}),
    "the year 0": ("at", {"at": Timestamp(seconds=-62135596801)}),
    "int64 seconds": ("at", {"at": Timestamp(seconds=2**63 - 1)}),
    "2**31 - 1 nanoseconds": ("at", {"at": Timestamp(nanos=2**31 - 1)}),
    "negative nanoseconds": ("at", {"at": Timestamp(nanos=-1)}),
    "30 February": ("day", {"day": Date(year=2026, month=2, day=30)}),
    "day 0": ("day", {"day": Date(year=2026, month=2)}),
    "the date's year 10000": ("day", {"day": Date(year=10000, month=1, day=1)}),
    "a negative year": ("day", {"day": Date(year=-1, month=1, day=1)}),
}
# What SQLite has room for, and PostgreSQL has not.
WRONG_ON_POSTGRESQL: dict[str, tuple[str, dict[str, Any]]] = {
    **WRONG,
    "NUL in JSON": ("data", {"data": Value(string_value="a\0b")}),
    "smallint 40000": ("small", {"small": 40_000}),
    "smallint -40000": ("small", {"small": -40_000}),
}
FINE: dict[str, dict[str, Any]] = {
    "an empty text": {"text": ""},
    "3 MB of text": {"text": "x" * 3_000_000},
    "the last second": {"at": Timestamp(seconds=YEAR_10000 - 1)},
    "other scripts": {"name": "\u05d0\u0301\u202e\U0001f3f3"},
}


@CASES.add("17", "values that no row can have", "INVALID_ARGUMENT, and BadRequest names the field")
def values(lab: Lab) -> Iterator[Seen]:
    with lab.server.samples() as samples:
        yield from _values(samples, WRONG)


@CASES.add(
    "17 pg",
    "the same, and what PostgreSQL has no room for",
    "INVALID_ARGUMENT, and BadRequest names the field",
    quick=False,
)
def values_on_postgresql(lab: Lab) -> Iterator[Seen]:
    with (
        postgresql.cluster() as cluster,
        lab.serve(database=cluster.url) as server,
        server.samples() as samples,
    ):
        yield from _values(samples, WRONG_ON_POSTGRESQL)


def _values(samples: Any, wrong: Mapping[str, tuple[str, Any]]) -> Iterator[Seen]:
    id = _create(samples, {}).id
    for what, (field, fields) in wrong.items():
        yield _refused(what, field, partial(_create, samples, fields))
        update = pb.SamplePartialUpdateRequest(id=id, _partial_update_fields=[field], **fields)
        yield _refused(f"{what}, in an update", field, partial(samples.PartialUpdate, update))
    for what, fields in FINE.items():
        yield _taken(what, fields, samples)
    request = pb.SampleRetrieveRequest(id=2**63 - 1)
    call = partial(samples.Retrieve, request, timeout=20)
    yield _ended("an id that no row has", call, "NOT_FOUND")


def _create(samples: Any, fields: dict[str, Any]) -> Any:
    return samples.Create(pb.SampleRequest(**{"name": "a", **fields}), timeout=20)


def _refused(what: str, field: str, call: Any) -> Seen:
    try:
        call()
    except grpc.RpcError as error:
        named = list(_fields(error))
        leaks = LEAK.search(error.details() or "")
        code = error.code()
        ok = code is grpc.StatusCode.INVALID_ARGUMENT and bool(named) and not leaks
        ok = ok and all(name.split(".")[0].split("[")[0] == field for name in named)
        if ok:
            return Seen(what=what, outcome=f"{code.name}, field named", ok=True)
        return Seen(what=what, outcome=f"{code.name} naming {named}", ok=False)
    return Seen(what=what, outcome="OK", ok=False)


def _taken(what: str, fields: dict[str, Any], samples: Any) -> Seen:
    try:
        reply = _create(samples, fields)
    except grpc.RpcError as error:
        return Seen(what=what, outcome=f"{error.code().name}: {error.details():.60}", ok=False)
    same = all(getattr(reply, name) == value for name, value in fields.items())
    return Seen(what=what, outcome="OK" if same else "another value came back", ok=same)


def _ended(what: str, call: Any, expected: str) -> Seen:
    try:
        call()
    except grpc.RpcError as error:
        return Seen(what=what, outcome=error.code().name, ok=error.code().name == expected)
    return Seen(what=what, outcome="OK", ok=expected == "OK")


def _fields(error: Any) -> Iterator[str]:
    """The fields that the error's BadRequest names."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            yield from (violation.field for violation in bad.field_violations)
