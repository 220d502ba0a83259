"""A client that sends what no gRPC client does: HTTP/2 frames by hand, on the library ``h2``."""

import socket
import struct
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import grpc
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    SettingsAcknowledged,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError
from hpack import Encoder, NeverIndexedHeaderTuple

PATIENCE = 20.0
"""Seconds for an answer. One that does not come until then does not come at all."""

Header = tuple[str | bytes, str | bytes]
CODES: dict[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}


@dataclass(slots=True)
class Answer:
    """What came back on one stream. ``status`` is None where no grpc-status came.

    ``reset`` and ``goaway`` are HTTP/2 error codes of the stream and of its connection.
    """

    headers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""
    status: int | None = None
    message: str = ""
    reset: int | None = None
    goaway: int | None = None
    over: bool = False

    @property
    def outcome(self) -> str:
        """In a word or two: a status by its name, or else how it ended without one."""
        if self.status is not None:
            return CODES.get(self.status, f"status {self.status}")
        if (http := self.headers.get(":status", "200")) != "200":
            return f"HTTP {http}"
        if self.reset is not None:
            return f"RST_STREAM {self.reset}"
        if self.goaway is not None:
            return f"GOAWAY {self.goaway}"
        return "closed" if self.over else "no answer"


def frame(payload: bytes, *, flag: int = 0, length: int | None = None) -> bytes:
    """A message as gRPC frames it; ``length`` is what it announces, the true one by default."""
    return struct.pack(">BI", flag, len(payload) if length is None else length) + payload


def http2_frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One frame of HTTP/2."""
    size = len(payload)
    return struct.pack(">BHBBI", size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def header_block(headers: Iterable[Header]) -> bytes:
    """``headers`` by HPACK, without a trace in its table: such a block may be sent many times."""
    return Encoder().encode([NeverIndexedHeaderTuple(*header) for header in headers])


class Wire:
    """One connection to ``target``, HOST:PORT. Leaving the block closes it.

    ``patient`` waits until both sides have agreed on the settings; without, the first bytes go
    out before the server could say what it takes.
    """

    def __init__(self, target: str, *, patient: bool = True) -> None:
        host, _, port = target.rpartition(":")
        self.target = target
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)
        self._http2 = H2Connection(
            H2Configuration(
                header_encoding="utf-8",
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                validate_inbound_headers=False,
            )
        )
        self._answers: dict[int, Answer] = {}
        self._settled: set[type[Event]] = set()
        self._http2.initiate_connection()
        self.flush()
        if patient:
            self._wait(lambda: {RemoteSettingsChanged, SettingsAcknowledged} <= self._settled)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def open(
        self,
        path: str,
        *,
        headers: Sequence[Header] = (),
        content_type: str = "application/grpc",
        end: bool = False,
    ) -> int:
        """Open a stream with the headers of a call, then ``headers``; return its number."""
        stream = self._http2.get_next_available_stream_id()
        pseudo = [(":method", "POST"), (":scheme", "http"), (":path", path)]
        always = [(":authority", self.target), ("content-type", content_type), ("te", "trailers")]
        self._answers[stream] = Answer()
        self._http2.send_headers(stream, [*pseudo, *always, *headers], end_stream=end)
        self.flush()
        return stream

    def send(self, stream: int, data: bytes, *, end: bool = False) -> None:
        """Send ``data``, as much of it at a time as the server's window takes."""
        rest = memoryview(data)
        while rest:
            room = self._http2.local_flow_control_window(stream)
            size = min(room, self._http2.max_outbound_frame_size, len(rest))
            if size == 0:
                if not self._receive(time.monotonic() + PATIENCE) or self._answers[stream].over:
                    return
                continue
            self._http2.send_data(stream, bytes(rest[:size]), end_stream=end and size == len(rest))
            rest = rest[size:]
            self.flush()
        if end and not data:
            self._http2.end_stream(stream)
            self.flush()

    def reset(self, stream: int, code: int = 8) -> None:
        """Give the stream up; 8 is CANCEL."""
        self._http2.reset_stream(stream, code)
        self.flush()

    def raw(self, data: bytes) -> None:
        """Send bytes of which the library knows nothing."""
        self.socket.sendall(data)

    def flush(self) -> None:
        self.socket.sendall(self._http2.data_to_send())

    def answer(self, stream: int, patience: float = PATIENCE) -> Answer:
        """What came on ``stream`` until its end, or for ``patience`` seconds."""
        answer = self._answers[stream]
        self._wait(lambda: answer.over, patience)
        return answer

    def ask(
        self,
        path: str,
        data: bytes,
        *,
        headers: Sequence[Header] = (),
        content_type: str = "application/grpc",
    ) -> Answer:
        """One call whose body is ``data``, as it stands."""
        stream = self.open(path, headers=headers, content_type=content_type)
        try:
            if not self._answers[stream].over:
                self.send(stream, data, end=True)
        except (ProtocolError, OSError):
            pass  # refused in mid-sentence: the answer tells how
        return self.answer(stream)

    def _wait(self, arrived: Any, patience: float = PATIENCE) -> None:
        deadline = time.monotonic() + patience
        while not arrived() and self._receive(deadline):
            pass

    def _receive(self, deadline: float) -> bool:
        """Take in what comes next, and tell whether more may come before ``deadline``."""
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            data = self.socket.recv(65536)
            events = self._http2.receive_data(data) if data else []
        except TimeoutError:
            return False
        except (OSError, ProtocolError):
            data, events = b"", []
        for event in events:
            self._note(event)
        if not data:
            for answer in self._answers.values():
                answer.over = True
            return False
        with suppress(OSError):  # closed meanwhile: what it said before is to be read yet
            self.flush()
        return time.monotonic() < deadline

    def _note(self, event: Event) -> None:
        if isinstance(event, RemoteSettingsChanged | SettingsAcknowledged):
            self._settled.add(type(event))
        elif isinstance(event, ConnectionTerminated):
            for answer in self._answers.values():
                answer.goaway = int(event.error_code or 0)
        elif (stream := getattr(event, "stream_id", None)) in self._answers:
            self._note_answer(self._answers[stream], event)

    def _note_answer(self, answer: Answer, event: Event) -> None:
        match event:
            case ResponseReceived() | TrailersReceived():
                headers = {str(name): str(value) for name, value in event.headers or ()}
                answer.headers |= headers
                if "grpc-status" in headers:
                    answer.status = int(headers["grpc-status"])
                    answer.message = headers.get("grpc-message", "")
            case DataReceived(data=data):
                answer.data += data or b""
                if event.flow_controlled_length:
                    self._http2.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id or 0
                    )
            case StreamReset(error_code=code):
                answer.reset, answer.over = int(code), True
            case StreamEnded():
                answer.over = True
