"""Requests that are no calls: content types and paths."""

from collections.abc import Iterator

from faults.bad_inputs.expected import ECHO, HELLO, echoed, seen
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.wire import Wire

CASES = Cases()
NOT_LOOKED_AT = "C-core takes a content type as it comes: a proxy before the server refuses it"
PATHS = (
    "/faulty.CallController/NoSuchMethod",
    "/faulty.NoSuchController/Echo",
    "/faulty.CallController/echo",
    "/faulty.CallController",
    "/faulty.CallController/Echo/",
    "//faulty.CallController/Echo",
    "/faulty.CallController/Echo?text=hello",
    "/../faulty.CallController/Echo",
    "/faulty.CallController/Echo%00",
    "/",
    "/" + "a" * 4000,
)


@CASES.add("1", "another content type", "served as it is: OK", limit=NOT_LOOKED_AT)
def content_types(lab: Lab) -> Iterator[Seen]:
    for name in ("text/plain", "application/json", "application/grpc-web+proto", ""):
        with Wire(lab.server.target) as wire:
            yield echoed(name or "none", wire.ask(ECHO, HELLO, content_type=name))


@CASES.add("2", "application/grpc+json", "served as Protobuf: OK", limit=NOT_LOOKED_AT)
def another_codec(lab: Lab) -> Iterator[Seen]:
    for name in ("application/grpc+json", "application/grpc+foo"):
        with Wire(lab.server.target) as wire:
            yield echoed(name, wire.ask(ECHO, HELLO, content_type=name))


@CASES.add("3", "unknown methods, services and paths", "UNIMPLEMENTED")
def paths(lab: Lab) -> Iterator[Seen]:
    for path in PATHS:
        with Wire(lab.server.target) as wire:
            yield seen(path[:60], wire.ask(path, HELLO), "UNIMPLEMENTED")
    with Wire(lab.server.target) as wire:
        answer = wire.ask("faulty.CallController/Echo", HELLO)
        # HTTP/2 itself wants a slash in front: who refuses the request as such is right as well.
        yield seen("without a slash", answer, "UNIMPLEMENTED", "RST_STREAM 1", "INTERNAL")
