"""Compression of replies, as a client that speaks HTTP/2 by itself sees it."""

import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from configured import configured
from declared import Contract
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from echo import TEXT

from faults.wire import Wire, frame

LONG = "x" * 10_000
HEADER = 5
"""Bytes of a message's head: whether it is compressed, and its length."""
EXPANDED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}


class Tell(Service):
    """Its rpcs ask for what they are named after."""

    service_name = "Tell"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Long(self, request: Any, context: Any) -> Any:
        return self.pb.TellLongResponse(text=LONG)

    @grpc_action(request=TEXT, response=TEXT)
    async def Gzip(self, request: Any, context: Any) -> Any:
        context.set_compression(grpc.Compression.Gzip)
        return self.pb.TellGzipResponse(text=LONG)

    @grpc_action(request=TEXT, response=TEXT)
    def SyncGzip(self, request: Any, context: Any) -> Any:
        context.set_compression(grpc.Compression.Gzip)
        context.send_initial_metadata([("x-head", "1")])
        return self.pb.TellSyncGzipResponse(text=LONG)

    @grpc_action(request=TEXT, response=TEXT)
    def Plain(self, request: Any, context: Any) -> Any:
        context.disable_next_message_compression()
        return self.pb.TellPlainResponse(text=LONG)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Deflated(self, request: Any, context: Any) -> AsyncIterator[Any]:
        context.set_compression(grpc.Compression.Deflate)
        for _ in range(2):
            yield self.pb.TellDeflatedResponse(text=LONG)


def told(target: str, rpc: str, accepted: str) -> tuple[str | None, bytes]:
    """The encoding that the answer names, and the bytes of its messages with their heads."""
    with Wire(target) as wire:
        stream = wire.open(
            f"/tests.TellController/{rpc}", headers=[("grpc-accept-encoding", accepted)]
        )
        wire.send(stream, frame(b""), end=True)
        answer = wire.answer(stream)
    assert answer.status == 0
    return answer.headers.get("grpc-encoding"), answer.data


@pytest.mark.parametrize(
    ("setting", "rpc", "accepted", "expected"),
    [
        (None, "Long", "gzip, deflate", None),
        ("gzip", "Long", "gzip, deflate", "gzip"),
        ("deflate", "Long", "gzip, deflate", "deflate"),
        # What the client does not take is never sent.
        ("gzip", "Long", "deflate", "deflate"),
        ("deflate", "Long", "identity, gzip", "gzip"),
        ("gzip", "Long", "identity", None),
        ("gzip", "Plain", "gzip", None),
        ("gzip", "Gzip", "identity", None),
        (None, "Gzip", "gzip", "gzip"),
        (None, "SyncGzip", "gzip", "gzip"),
        (None, "Deflated", "deflate", "deflate"),
    ],
)
def test_what_is_on_the_wire(
    mode: Mode, setting: str | None, rpc: str, accepted: str, expected: str | None
) -> None:
    contract = Contract(Tell)
    with configured(compression=setting), serve(mode, contract.hook) as running:
        encoding, data = told(running.target, rpc, accepted)
    assert data[0] == (expected is not None), "the flag of the first message"
    length = int.from_bytes(data[1:HEADER])
    message = data[HEADER : HEADER + length]
    if expected is None:
        assert length > len(LONG)
    else:
        assert encoding == expected
        assert length < len(LONG) / 10
        message = EXPANDED[expected](message)
    assert contract.pb.TellLongResponse.FromString(message).text == LONG
