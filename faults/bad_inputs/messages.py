"""Messages that are no Protobuf, or not of the type that is due."""

from collections.abc import Iterator, Mapping

from faults.bad_inputs.expected import ECHO, SAMPLES, UPLOAD, seen
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.wire import Wire, frame

CASES = Cases()
CREATE = f"{SAMPLES}/Create"
GROUPS = 100_000
"""Groups within groups: a parser that calls itself for each has no stack left for them."""


def _refused(lab: Lab, bodies: Mapping[str, bytes]) -> Iterator[Seen]:
    """Whether each body gives INTERNAL, and by the same text, which cannot tell of the body."""
    for path in (ECHO, UPLOAD, CREATE):
        texts = set()
        for what, body in bodies.items():
            with Wire(lab.server.target) as wire:
                answer = wire.ask(path, frame(body))
            yield seen(f"{what}, {path}", answer, "INTERNAL")
            texts.add(answer.message)
        if len(texts) != 1:
            yield Seen(what=f"{path}: its texts", outcome=str(sorted(texts))[:200], ok=False)


@CASES.add("10", "bytes that are no Protobuf", "INTERNAL, constant text")
def garbage(lab: Lab) -> Iterator[Seen]:
    yield from _refused(lab, {"0xff": b"\xff" * 64, "field 0": b"\0\0", "wire type 7": b"\x0f"})


@CASES.add("11", "a field cut short", "INTERNAL, constant text")
def cut_field(lab: Lab) -> Iterator[Seen]:
    yield from _refused(lab, {"7 announced, 2 sent": b"\n\x07ab", "tag alone": b"\n"})


@CASES.add("12", "a varint of 11 bytes", "INTERNAL, constant text")
def long_varint(lab: Lab) -> Iterator[Seen]:
    yield from _refused(lab, {"as a tag": b"\xff" * 11 + b"\1", "value": b"\x78" + b"\xff" * 11})


@CASES.add("13", "groups within groups", "INTERNAL, constant text")
def group_bomb(lab: Lab) -> Iterator[Seen]:
    yield from _refused(lab, {"open": b"\x7b" * GROUPS, "never opened": b"\x7c"})


@CASES.add("14", "text that is no UTF-8", "INTERNAL, constant text")
def no_utf8(lab: Lab) -> Iterator[Seen]:
    texts = {"0xff": b"\xff", "cut": b"\xc3", "overlong": b"\xc0\x80", "half": b"\xed\xa0\x80"}
    for what, text in texts.items():
        body = bytes([len(text)]) + text
        with Wire(lab.server.target) as wire:
            yield seen(f"{what}, Echo", wire.ask(ECHO, frame(b"\n" + body)), "INTERNAL")
            yield seen(f"{what}, Create", wire.ask(CREATE, frame(b"\x12" + body)), "INTERNAL")


@CASES.add("15", "a known field of another wire type", "OK, passed over as unknown")
def wrong_wire_type(lab: Lab) -> Iterator[Seen]:
    with Wire(lab.server.target) as wire:
        yield seen("Echo.text as a number", wire.ask(ECHO, frame(b"\x08\x07")), "OK")
        answer = wire.ask(CREATE, frame(b"\x10\x07"))
        yield seen("Create.name as a number: it is missing", answer, "INVALID_ARGUMENT")


@CASES.add("16", "unknown fields", "OK, and required ones are missed all the same")
def unknown_fields(lab: Lab) -> Iterator[Seen]:
    unknown = b"\xfa\x3e\x03abc" + b"\xf8\xff\xff\xff\x0f\x01"
    with Wire(lab.server.target) as wire:
        yield seen("Echo", wire.ask(ECHO, frame(unknown)), "OK")
        yield seen("Create", wire.ask(CREATE, frame(b"\x12\x01a" + unknown)), "OK")
        yield seen("Create without a name", wire.ask(CREATE, frame(unknown)), "INVALID_ARGUMENT")
