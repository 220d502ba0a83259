"""Messages that are not framed as gRPC frames them."""

import gzip
from collections.abc import Iterator

from faults.bad_inputs.expected import ECHO, HELLO, TICKS, UPLOAD, echoed, seen
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.wire import Wire, frame

CASES = Cases()
GZIP = ("grpc-encoding", "gzip")
MIB = 1024 * 1024
STREAMS_END = "a stream of requests ends there for C-core, with the messages that came whole"
GROWTH = 40.0
"""MiB that the server may have grown after the bombs: some of what one message may take."""


@CASES.add("4", "no message where one is due", "UNIMPLEMENTED")
def no_message(lab: Lab) -> Iterator[Seen]:
    for path in (ECHO, TICKS):
        with Wire(lab.server.target) as wire:
            stream = wire.open(path, end=True)
            yield seen(f"{path}, headers alone", wire.answer(stream), "UNIMPLEMENTED")
            yield seen(f"{path}, no data", wire.ask(path, b""), "UNIMPLEMENTED")
            yield echoed("a good call after it", wire.ask(ECHO, HELLO))


@CASES.add(
    "5",
    "two messages on a unary call",
    "with STRICT_UNARY: UNIMPLEMENTED; without: answered by the first",
    limit="to look for a second one takes a tenth of what a call costs: a setting asks for it",
)
def two_messages(lab: Lab) -> Iterator[Seen]:
    twice = HELLO + frame(b"\n\x05other")
    with Wire(lab.server.target) as wire:
        yield echoed("by default", wire.ask(ECHO, twice))
    with lab.serve(grpc_settings={"STRICT_UNARY": True}) as strict, Wire(strict.target) as wire:
        yield seen("with STRICT_UNARY", wire.ask(ECHO, twice), "UNIMPLEMENTED")
        yield echoed("a good call after it", wire.ask(ECHO, HELLO))


def _cut(lab: Lab, data: bytes) -> Iterator[Seen]:
    for path in (ECHO, TICKS):
        with Wire(lab.server.target) as wire:
            yield seen(path, wire.ask(path, data), "INTERNAL", "UNIMPLEMENTED")
            yield echoed("a good call after it", wire.ask(ECHO, HELLO))
    with Wire(lab.server.target) as wire:
        answer = wire.ask(UPLOAD, HELLO + data)
        whole = answer.data == frame(b"\n\x011")  # what was cut must not count
        yield Seen(what=UPLOAD, outcome=answer.outcome, ok=whole or answer.outcome == "INTERNAL")


@CASES.add("6", "a frame's header cut short", "INTERNAL or UNIMPLEMENTED", limit=STREAMS_END)
def cut_header(lab: Lab) -> Iterator[Seen]:
    yield from _cut(lab, b"\0\0\0")


@CASES.add("7", "100 bytes announced, 3 sent", "INTERNAL or UNIMPLEMENTED", limit=STREAMS_END)
def cut_body(lab: Lab) -> Iterator[Seen]:
    yield from _cut(lab, frame(b"\n\x01a", length=100))


@CASES.add("8", "4 GiB announced", "RESOURCE_EXHAUSTED")
def four_gigabytes(lab: Lab) -> Iterator[Seen]:
    for path in (ECHO, UPLOAD):
        with Wire(lab.server.target) as wire:
            answer = wire.ask(path, frame(b"\n\x01a", length=0xFFFFFFFF))
            yield seen(path, answer, "RESOURCE_EXHAUSTED")


@CASES.add("9", "5 MiB announced, and 5 MiB sent", "RESOURCE_EXHAUSTED")
def five_megabytes(lab: Lab) -> Iterator[Seen]:
    for what, body in (("announced", b"\n\x01a"), ("sent", bytes(5 * MIB))):
        with Wire(lab.server.target) as wire:
            answer = wire.ask(ECHO, frame(body, length=5 * MIB))
            yield seen(what, answer, "RESOURCE_EXHAUSTED")


@CASES.add("18", "marked as compressed, by no encoding", "INTERNAL")
def compressed_by_nothing(lab: Lab) -> Iterator[Seen]:
    with Wire(lab.server.target) as wire:
        yield seen("no grpc-encoding", wire.ask(ECHO, frame(b"\n\x01a", flag=1)), "INTERNAL")
        identity = [("grpc-encoding", "identity")]
        answer = wire.ask(ECHO, frame(b"\n\x01a", flag=1), headers=identity)
        yield seen("identity", answer, "INTERNAL")
        yield echoed("a good call after it", wire.ask(ECHO, HELLO))


@CASES.add("19", "marked as gzip, and it is not", "INTERNAL")
def no_gzip(lab: Lab) -> Iterator[Seen]:
    whole = gzip.compress(b"\n\x05hello")
    bodies = {"text": b"\n\x05hello", "cut": whole[:-6], "more": whole + b"more"}
    for what, body in bodies.items():
        with Wire(lab.server.target) as wire:
            answer = wire.ask(ECHO, frame(body, flag=1), headers=[GZIP])
            yield seen(what, answer, "INTERNAL")
            good = wire.ask(ECHO, frame(whole, flag=1), headers=[GZIP])
            yield echoed("good gzip after it", good)


@CASES.add(
    "20",
    "an unknown grpc-encoding",
    "INTERNAL, for its sender alone",
    limit="C-core answers before any code of ours: the specification asks for UNIMPLEMENTED",
)
def unknown_encoding(lab: Lab) -> Iterator[Seen]:
    with Wire(lab.server.target) as wire:
        answer = wire.ask(ECHO, frame(b"x", flag=1), headers=[("grpc-encoding", "foo")])
        yield seen("foo", answer, "INTERNAL", "UNIMPLEMENTED")
        good = wire.ask(ECHO, frame(gzip.compress(b"\n\x05hello"), flag=1), headers=[GZIP])
        yield echoed("good gzip after it, on the same connection", good)


@CASES.add(
    "21",
    "reserved bits in the flags of a frame",
    "INTERNAL, or an empty message in its place, or none",
    limit="C-core drops what such a frame carries and hands over an empty message, or none",
)
def reserved_flags(lab: Lab) -> Iterator[Seen]:
    for flag in (0x02, 0x80):
        with Wire(lab.server.target) as wire:
            answer = wire.ask(ECHO, frame(b"\n\x05hello", flag=flag))
            empty = answer.outcome == "OK" and answer.data == frame(b"")
            outcome = "OK, empty" if empty else answer.outcome
            right = empty or outcome in {"INTERNAL", "UNIMPLEMENTED"}
            yield Seen(what=f"{flag:#04x}", outcome=outcome, ok=right)


@CASES.add("29", "50 MiB as 51 KB of gzip, 20 times", "RESOURCE_EXHAUSTED, no more memory")
def bomb(lab: Lab) -> Iterator[Seen]:
    server = lab.server
    packed = frame(gzip.compress(bytes(50 * MIB)), flag=1)
    before = 0.0
    for number in range(21):
        with Wire(server.target) as wire:
            answer = wire.ask(ECHO, packed, headers=[GZIP])
        yield seen(f"number {number}", answer, "RESOURCE_EXHAUSTED")
        before = before or server.memory()  # what the first one takes, the others take again
    grown = server.memory() - before
    yield Seen(what="memory", outcome=f"{grown:+.0f} MiB", ok=grown < GROWTH)
