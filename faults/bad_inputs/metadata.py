"""Metadata that is wrong, too large, too much, or not a client's to send."""

from collections.abc import Iterator
from time import monotonic

from faults.bad_inputs.expected import ECHO, HELLO, SAMPLES, echoed, seen
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.wire import Wire, frame

CASES = Cases()
CREATE = f"{SAMPLES}/Create"
TOO_LARGE = ("RESOURCE_EXHAUSTED", "GOAWAY 11", "RST_STREAM 11", "closed")


def _poisons(lab: Lab, name: str, bad: str, good: str) -> Iterator[Seen]:
    """Whether ``bad`` fails alone, and ``good`` of the same name on the same connection works."""
    with Wire(lab.server.target) as wire:
        yield seen(f"{name}: {bad}", wire.ask(ECHO, HELLO, headers=[(name, bad)]), "INTERNAL")
        for _ in range(3):
            answer = wire.ask(ECHO, HELLO, headers=[(name, good)])
            yield echoed(f"{name}: {good}, after it, on the same connection", answer)


@CASES.add("22", "a malformed grpc-timeout", "INTERNAL, for its sender alone")
def malformed_timeout(lab: Lab) -> Iterator[Seen]:
    for bad in ("bad", "-1S", "5", "S", "5X"):
        yield from _poisons(lab, "grpc-timeout", bad, "5S")


@CASES.add("23", "a deadline that is over already", "DEADLINE_EXCEEDED, and nothing is written")
def expired(lab: Lab) -> Iterator[Seen]:
    server = lab.server
    with server.samples() as samples:
        before = len(samples.List(pb.SampleListRequest(), timeout=20).results)
        for timeout in ("0S", "0n"):
            with Wire(server.target) as wire:
                body = frame(pb.SampleRequest(name="late").SerializeToString())
                answer = wire.ask(CREATE, body, headers=[("grpc-timeout", timeout)])
                # The client's own clock has told it by now: the server may just give up.
                yield seen(timeout, answer, "DEADLINE_EXCEEDED", "CANCELLED", "RST_STREAM 8")
        after, deadline = before, monotonic() + lab.slack
        while after == before and monotonic() < deadline:
            after = len(samples.List(pb.SampleListRequest(), timeout=20).results)
    yield Seen(what="rows written", outcome=f"{after - before} rows", ok=after == before)


@CASES.add("24", "a -bin header that is no Base64", "INTERNAL, for its sender alone")
def no_base64(lab: Lab) -> Iterator[Seen]:
    yield from _poisons(lab, "x-foo-bin", "$$$", "aGVsbG8")


@CASES.add("25", "an upper-case header name", "INTERNAL or PROTOCOL_ERROR (RST_STREAM 1)")
def upper_case(lab: Lab) -> Iterator[Seen]:
    with Wire(lab.server.target) as wire:
        answer = wire.ask(ECHO, HELLO, headers=[("X-Upper", "a")])
        yield seen("X-Upper", answer, "INTERNAL", "RST_STREAM 1", "GOAWAY 1")


@CASES.add(
    "26",
    "metadata of 17 KB, 64 KB and 1 MB",
    "RESOURCE_EXHAUSTED",
    limit="in its first flight, before the two sides have agreed, C-core lets a client send more",
)
def large(lab: Lab) -> Iterator[Seen]:
    for size in (17_000, 64_000, 1_000_000):
        headers = [(f"x-{number}", "a" * 8_000) for number in range(size // 8_000 + 1)]
        with Wire(lab.server.target) as wire:
            yield seen(f"{size} bytes", wire.ask(ECHO, HELLO, headers=headers), *TOO_LARGE)
        with Wire(lab.server.target, patient=False) as wire:
            answer = wire.ask(ECHO, HELLO, headers=headers)
            yield seen(f"{size} bytes in the first flight", answer, *TOO_LARGE, "OK")


@CASES.add("27", "1,000 keys; a grpc-status from a client", "RESOURCE_EXHAUSTED; passed over")
def many_keys(lab: Lab) -> Iterator[Seen]:
    with Wire(lab.server.target) as wire:
        headers = [(f"x-key-{number}", "value") for number in range(1000)]
        yield seen("1,000 keys", wire.ask(ECHO, HELLO, headers=headers), *TOO_LARGE)
    with Wire(lab.server.target) as wire:
        for name, value in (("grpc-status", "7"), ("grpc-message", "no"), ("x-empty", "")):
            yield echoed(name, wire.ask(ECHO, HELLO, headers=[(name, value)]))
        twice = [("grpc-timeout", "5S"), ("grpc-timeout", "6S")]
        answer = wire.ask(ECHO, HELLO, headers=twice)
        yield seen("grpc-timeout twice", answer, "OK", "INTERNAL")
