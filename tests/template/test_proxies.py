"""Envoy and nginx in front of two servers, on the project's own configurations of them."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest

from faults.wire import Wire, frame
from tests.template import proxies
from tests.template.proxies import ASK, LIST, PATIENCE, PROJECT, Backend, Proxy, call
from tests.template.run import clean_environment

DEMOS = ("unary", "server_streaming", "client_streaming", "bidi")
CALLERS = 8
COMMANDS = ("grpcrunaioserver", "grpcrunserver")
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("database") / "db.sqlite3"
    proxies.migrate(file)
    return file


@pytest.fixture(scope="module", params=["envoy", "nginx"])
def proxied(
    request: pytest.FixtureRequest, database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Proxy, list[Backend]]]:
    """A proxy and two servers, one of each kind, all of whose calls are answered."""
    proxies.program(request.param)
    with ExitStack() as stack:
        yield started(stack, request.param, database, tmp_path_factory.mktemp(request.param))


def started(
    stack: ExitStack, name: str, database: Path, folder: Path
) -> tuple[Proxy, list[Backend]]:
    backends = [
        stack.enter_context(proxies.backend(command, database, folder / f"{command}.log"))
        for command in COMMANDS
    ]
    ports = [backend.port for backend in backends]
    if name == "nginx":
        return stack.enter_context(proxies.nginx(ports, folder)), backends
    configuration = proxies.envoy_configuration(ports)
    return stack.enter_context(proxies.envoy(configuration, folder)), backends


def channel_to(proxy: Proxy) -> grpc.Channel:
    """A channel with a connection of its own."""
    return grpc.insecure_channel(proxy.target, [("grpc.use_local_subchannel_pool", 1)])


def test_envoy_takes_the_configuration_as_it_is() -> None:
    command = [proxies.program("envoy"), "--mode", "validate", "--log-level", "warning"]
    result = subprocess.run(
        [*command, "--config-path", proxies.ENVOY], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "eprecated" not in result.stderr


@pytest.mark.parametrize("stub", ["aio", "sync"])
def test_all_kinds_of_calls_pass(proxied: tuple[Proxy, list[Backend]], stub: str) -> None:
    target = proxied[0].target
    for demo in DEMOS:
        result = subprocess.run(
            [sys.executable, "-m", f"clients.{demo}", "--target", target, "--stub", stub],
            cwd=PROJECT,
            env=clean_environment() | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr


def test_calls_of_one_client_are_shared_among_the_servers(
    proxied: tuple[Proxy, list[Backend]],
) -> None:
    proxy, backends = proxied
    before = [backend.calls("List") for backend in backends]
    with channel_to(proxy) as channel, futures.ThreadPoolExecutor(CALLERS) as pool:
        codes = Counter(pool.map(lambda _: call(channel), range(200)))
    assert codes == {grpc.StatusCode.OK: 200}
    shares = [b.calls("List") - was for b, was in zip(backends, before, strict=True)]
    assert min(shares) >= 40, shares


def test_a_stream_goes_both_ways_as_it_is_spoken(proxied: tuple[Proxy, list[Backend]]) -> None:
    """Nothing is held back until the client or the server has finished."""
    questions: SimpleQueue[bytes | None] = SimpleQueue()
    with channel_to(proxied[0]) as channel:
        ask: Any = channel.stream_stream(ASK)
        answers = ask(iter(questions.get, None), timeout=PATIENCE)
        for _ in range(5):
            questions.put(b"\n\x04Why?")
            assert b"Why?" in next(answers)
        questions.put(None)
        assert list(answers) == []
        assert answers.code() is grpc.StatusCode.OK


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/grpcx"])
def test_another_content_type_is_http_415(
    proxied: tuple[Proxy, list[Backend]], content_type: str
) -> None:
    with Wire(proxied[0].target) as wire:
        answer = wire.ask(LIST, frame(b""), content_type=content_type)
        assert (answer.headers[":status"], answer.status) == ("415", None)
        assert wire.ask(LIST, frame(b""), content_type="application/grpc+proto").status == 0


def test_another_coding_of_messages_is_refused(proxied: tuple[Proxy, list[Backend]]) -> None:
    with Wire(proxied[0].target) as wire:
        answer = wire.ask(LIST, frame(b""), content_type="application/grpc+json")
    assert answer.outcome in {"HTTP 415", "UNIMPLEMENTED"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("grpc-timeout", "bad"), ("x-trace-bin", "$$$"), ("grpc-encoding", "rot13")],
)
def test_a_bad_header_is_the_trouble_of_its_sender_alone(
    proxied: tuple[Proxy, list[Backend]], name: str, value: str
) -> None:
    proxy, _ = proxied
    with channel_to(proxy) as channel:
        assert call(channel) is grpc.StatusCode.OK
        with Wire(proxy.target) as wire:
            for _ in range(4):
                assert wire.ask(LIST, frame(b""), headers=[(name, value)]).status not in (0, None)
        # With the headers that the other's were the errors of, on the proxy's own connections.
        listed: Any = channel.unary_unary(LIST)
        metadata = [("x-trace-bin", b"\x01\x02")]
        for _ in range(100):
            listed(b"", timeout=PATIENCE, metadata=metadata, compression=grpc.Compression.Gzip)


@pytest.mark.parametrize("name", ["envoy", "nginx"])
def test_a_killed_server_takes_no_call_along_but_those_it_had(
    name: str, database: Path, tmp_path: Path
) -> None:
    proxies.program(name)
    with ExitStack() as stack:
        proxy, (doomed, other) = started(stack, name, database, tmp_path)
        load = stack.enter_context(Load(proxy))
        load.wait_for(300)
        doomed.process.send_signal(signal.SIGKILL)
        doomed.process.wait()
        load.wait_for(900)
    seen = load.forget()
    assert set(seen) <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    # Each caller has one call under way at a time, and may have begun the next one before the
    # proxy has read that the connection is closed.
    assert seen[grpc.StatusCode.UNAVAILABLE] <= 2 * CALLERS, seen
    assert other.calls("List") >= 300


@pytest.mark.parametrize("name", ["envoy", "nginx"])
def test_a_server_that_is_told_to_stop_loses_no_call(
    name: str, database: Path, tmp_path: Path
) -> None:
    proxies.program(name)
    with ExitStack() as stack:
        proxy, backends = started(stack, name, database, tmp_path)
        load = stack.enter_context(Load(proxy))
        load.wait_for(300)
        backends[0].process.terminate()
        assert backends[0].process.wait(PATIENCE) == 0
        load.wait_for(300)
    assert set(load.forget()) == {grpc.StatusCode.OK}


class Load:
    """Callers with a connection each, that call one after the other for the block."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._over = threading.Event()
        self._changed = threading.Condition()
        self._codes: Counter[grpc.StatusCode] = Counter()
        self._threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, number: int) -> None:
        """Return when as many calls have ended from now on."""
        with self._changed:
            goal = self._codes.total() + number
            assert self._changed.wait_for(lambda: self._codes.total() >= goal, PATIENCE)

    def forget(self) -> "Counter[grpc.StatusCode]":
        """Return how calls have ended so far, and begin to count anew."""
        with self._changed:
            codes, self._codes = self._codes, Counter()
            return codes

    def _call(self) -> None:
        with channel_to(self._proxy) as channel:
            while not self._over.is_set():
                code = call(channel)
                with self._changed:
                    self._codes[code] += 1
                    self._changed.notify_all()
