"""Handlers that go wrong."""

from collections.abc import Iterator
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from faults.bad_inputs.expected import LEAK
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.server import Server
from faults.waiting import until

CASES = Cases()
RAISED = (
    "ValueError",
    "BaseException",
    "SystemExit",
    "KeyboardInterrupt",
    "CancelledError",
    "StopIteration",
    "GeneratorExit",
    "unprintable",
)
RETURNED = ("None", "a text", "another message")
BLOCKED = 2.0


@CASES.add("F19", "a handler raises, or returns no reply", "INTERNAL, one text, request id")
def wrong(lab: Lab) -> Iterator[Seen]:
    server, texts = lab.server, set()
    with server.calls() as calls:
        for kind in (*RAISED, *RETURNED):
            unary = _error(lambda k=kind: calls.Wrong(pb.CallWrongRequest(text=k), timeout=20))
            request = pb.CallWrongStreamRequest(text=kind)
            stream = _error(lambda r=request: list(calls.WrongStream(r, timeout=20)))
            for where, error in (("unary", unary), ("stream", stream)):
                yield _judged(f"{kind}, {where}", error, server)
                texts.add(error and error.details().replace(_request_id(error) or "-", "ID"))
    yield Seen(what="texts", outcome=f"{len(texts)} text", ok=len(texts) == 1)


def _error(call: Any) -> Any:
    try:
        call()
    except grpc.RpcError as error:
        return error
    return None


def _judged(what: str, error: Any, server: Server) -> Seen:
    if error is None:
        return Seen(what=what, outcome="OK", ok=False)
    code, text = error.code(), error.details() or ""
    if code is not grpc.StatusCode.INTERNAL or LEAK.search(text):
        return Seen(what=what, outcome=f"{code.name}: {text:.60}", ok=False)
    number = _request_id(error)
    noted = bool(number) and number in server.output()
    outcome = "INTERNAL, by its id in the log" if noted else f"no such id in the log: {number!r}"
    return Seen(what=what, outcome=outcome, ok=noted)


def _request_id(error: Any) -> str:
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info = error_details_pb2.RequestInfo()
        if detail.Unpack(info):
            return str(info.request_id)
    return ""


@CASES.add("F20", "a handler blocks the loop for 2 s", "the log names where, with its stack")
def blocked(lab: Lab) -> Iterator[Seen]:
    with lab.serve() as server, server.calls() as calls:
        calls.Block(pb.CallBlockRequest(seconds=BLOCKED), timeout=30)
        then = server.serves()
        yield Seen(what="others", outcome=then, ok=then == "OK")
        if lab.mode == "sync":
            yield Seen(what="log", outcome="no loop to block", ok=True)
            return
        told = until(lambda: "in Block" in server.output(), 5 * lab.slack) is not None
        yield Seen(what="log", outcome="logged with its stack" if told else "not logged", ok=told)
