"""Redis, which carries no stream: changes go to those who watch within their own process."""

from collections.abc import Iterator
from pathlib import Path

from faults.case import Cases, Seen
from faults.lab import Lab
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.server import Server

CASES = Cases()
IN_PROCESS = "there is no broker on Redis: a Watch stream hears of the changes of its own process"
REDIS = 6379


@CASES.add(
    "F11", "Redis restarts while streams are open", "no stream depends on it", limit=IN_PROCESS
)
@CASES.add("F12", "Redis is never there", "calls and streams go on without it", limit=IN_PROCESS)
def without_redis(lab: Lab) -> Iterator[Seen]:
    server = lab.server
    with server.samples() as samples:
        events = samples.Watch(pb.SampleWatchRequest(), timeout=60)
        next(events)  # SYNCED
        samples.Create(pb.SampleRequest(name="watched"), timeout=20)
        told = next(events).object.name == "watched"
        yield Seen(what="watch", outcome="told" if told else "not told", ok=told)
        asked = REDIS in _asked(server)
        yield Seen(what="Redis", outcome="asked" if asked else "not asked", ok=not asked)
        events.cancel()


def _asked(server: Server) -> set[int]:
    """The remote ports of the connections that the server's process has."""
    own = {link.readlink().name for link in Path(f"/proc/{server.pid}/fd").iterdir()}
    ports = set()
    for kind in ("tcp", "tcp6"):
        for line in Path(f"/proc/{server.pid}/net/{kind}").read_text().splitlines()[1:]:
            _, _, remote, *_ = fields = line.split()
            if f"socket:[{fields[9]}]" in own:
                ports.add(int(remote.rpartition(":")[2], 16))
    return ports
