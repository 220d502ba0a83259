"""What Envoy does beyond passing calls on, by the project's configuration and documents."""

import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from certificates import issue, need_openssl
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from faults.wire import Wire, frame
from tests.template import proxies
from tests.template.proxies import PATIENCE, PROJECT, Proxy, call

ECHO = "/tests.Bare/Echo"
ORIGIN = "https://app.example"
pytestmark = pytest.mark.timeout(300)


class Bare(grpc.GenericRpcHandler):
    """A server of grpc's own, without what the framework does for it.

    Its one call answers with the metadata that it got.
    """

    def __init__(self) -> None:
        self.calls = 0

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return grpc.unary_unary_rpc_method_handler(self.echo) if details.method == ECHO else None

    def echo(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.calls += 1
        lines = [f"{name}: {value!r}" for name, value in context.invocation_metadata()]
        return "\n".join(lines).encode()


@contextmanager
def bare() -> Iterator[tuple[int, Bare, health.HealthServicer]]:
    """A bare server for the block: its port, its handler and its health."""
    handler, healthy = Bare(), health.HealthServicer()
    server = grpc.server(futures.ThreadPoolExecutor(20))
    server.add_generic_rpc_handlers([handler])
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port, handler, healthy
    finally:
        server.stop(None).wait()


def documented(beginning: str) -> dict[str, Any]:
    """The block of the deployment's page that begins so."""
    blocks = re.findall(
        r"^```yaml\n(.*?)^```$", (PROJECT / "docs/deploy.md").read_text(), re.M | re.S
    )
    (block,) = [yaml.safe_load(block) for block in blocks if block.startswith(beginning)]
    return dict(block)


def chain_of(configuration: dict[str, Any]) -> Any:
    (listener,) = configuration["static_resources"]["listeners"]
    (chain,) = listener["filter_chains"]
    return chain


def host_of(configuration: dict[str, Any]) -> Any:
    (manager,) = chain_of(configuration)["filters"]
    (host,) = manager["typed_config"]["route_config"]["virtual_hosts"]
    return host


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, Bare]]:
    """Envoy before one bare server."""
    with bare() as (port, handler, _):
        configuration = proxies.envoy_configuration([port])
        with proxies.envoy(configuration, tmp_path_factory.mktemp("envoy")) as proxy:
            yield proxy, handler


def channel_to(proxy: Proxy) -> grpc.Channel:
    return grpc.insecure_channel(proxy.target, [("grpc.use_local_subchannel_pool", 1)])


def fetch(proxy: Proxy, method: str = "POST", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One request of a browser's: HTTP/1.1, and gRPC-Web if the headers do not say otherwise."""
    request = urllib.request.Request(
        f"http://{proxy.target}{ECHO}",
        data=frame(b"") if method == "POST" else None,
        method=method,
        headers={"Content-Type": "application/grpc-web+proto", "X-Grpc-Web": "1", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return reply.status, dict(reply.headers.items()), reply.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers.items()), error.read()


def test_a_bad_header_does_not_stay_with_a_server_that_keeps_a_table(
    proxied: tuple[Proxy, Bare],
) -> None:
    """Servers of ours keep none; this one has grpc's defaults."""
    proxy, _ = proxied
    with channel_to(proxy) as channel:
        assert call(channel, ECHO) is grpc.StatusCode.OK
        with Wire(proxy.target) as wire:
            for _ in range(8):
                answer = wire.ask(ECHO, frame(b""), headers=[("grpc-timeout", "bad")])
                assert answer.status not in (0, None)
        codes = {call(channel, ECHO) for _ in range(200)}
    assert codes == {grpc.StatusCode.OK}


def test_a_browser_calls_by_grpc_web(proxied: tuple[Proxy, Bare]) -> None:
    status, headers, body = fetch(proxied[0])
    assert (status, headers["content-type"]) == (200, "application/grpc-web+proto")
    assert body[0] == 0
    assert b"grpc-status:0" in body


def test_other_origins_are_not_let_in_unless_they_are_named(proxied: tuple[Proxy, Bare]) -> None:
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    for method in ("POST", "OPTIONS"):
        _, headers, _ = fetch(proxied[0], method, **asks)
        assert not [name for name in headers if name.lower().startswith("access-control")]


def test_named_origins_are_let_in(tmp_path: Path) -> None:
    with ExitStack() as stack:
        port, _, _ = stack.enter_context(bare())
        configuration = proxies.envoy_configuration([port])
        host_of(configuration).update(documented("typed_per_filter_config"))
        proxy = stack.enter_context(proxies.envoy(configuration, tmp_path))
        asks = {"Access-Control-Request-Method": "POST"}
        status, headers, _ = fetch(proxy, "OPTIONS", Origin=ORIGIN, **asks)
        assert (status, headers["access-control-allow-origin"]) == (200, ORIGIN)
        assert "grpc-timeout" in headers["access-control-allow-headers"]
        status, headers, _ = fetch(proxy, Origin=ORIGIN)
        assert (status, headers["access-control-allow-origin"]) == (200, ORIGIN)
        assert "grpc-message" in headers["access-control-expose-headers"]
        _, headers, _ = fetch(proxy, "OPTIONS", Origin="https://evil.example", **asks)
        assert "access-control-allow-origin" not in headers


def test_clients_speak_tls_where_it_is_set_up(tmp_path: Path) -> None:
    need_openssl()
    authority = issue(tmp_path, "authority")
    certificate = issue(tmp_path, "envoy", authority)
    with ExitStack() as stack:
        port, _, _ = stack.enter_context(bare())
        configuration = proxies.envoy_configuration([port])
        transport = documented("transport_socket")
        common = transport["transport_socket"]["typed_config"]["common_tls_context"]
        (files,) = common["tls_certificates"]
        files["certificate_chain"]["filename"] = str(certificate.chain)
        files["private_key"]["filename"] = str(certificate.key)
        chain_of(configuration).update(transport)
        proxy = stack.enter_context(proxies.envoy(configuration, tmp_path))
        roots = grpc.ssl_channel_credentials(authority.chain.read_bytes())
        with grpc.secure_channel(proxy.target, roots) as channel:
            assert call(channel, ECHO) is grpc.StatusCode.OK
        with channel_to(proxy) as channel:
            assert call(channel, ECHO) is grpc.StatusCode.UNAVAILABLE


def test_a_client_says_nothing_of_its_own_certificate(proxied: tuple[Proxy, Bare]) -> None:
    with Wire(proxied[0].target) as wire:
        claims = [("x-forwarded-client-cert", "URI=spiffe://admin"), ("x-kept", "yes")]
        answer = wire.ask(ECHO, frame(b""), headers=claims)
    assert b"x-kept: 'yes'" in answer.data
    assert b"spiffe" not in answer.data


def test_a_deadline_is_kept_where_the_server_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as frozen, ExitStack() as stack:
        frozen.bind(("127.0.0.1", 0))
        frozen.listen()  # connections are taken, and nobody reads what they say
        configuration = proxies.envoy_configuration([frozen.getsockname()[1]])
        proxy = stack.enter_context(proxies.envoy(configuration, tmp_path))
        wire = stack.enter_context(Wire(proxy.target))
        answer = wire.ask(ECHO, frame(b""), headers=[("grpc-timeout", "300m")])
    assert answer.outcome == "DEADLINE_EXCEEDED"


def test_a_server_that_is_not_serving_gets_no_calls(tmp_path: Path) -> None:
    with ExitStack() as stack:
        (port, one, healthy), (other_port, other, _) = (
            stack.enter_context(bare()) for _ in range(2)
        )
        configuration = proxies.envoy_configuration([port, other_port])
        proxy = stack.enter_context(proxies.envoy(configuration, tmp_path))
        channel = stack.enter_context(channel_to(proxy))
        healthy.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        unhealthy = f"servers::127.0.0.1:{port}::health_flags::/failed_active_hc"
        waited = threading.Event()
        for _ in range(int(PATIENCE / 0.1)):
            if unhealthy in proxy.ask("/clusters"):
                break
            waited.wait(0.1)
        before = one.calls, other.calls
        assert {call(channel, ECHO) for _ in range(20)} == {grpc.StatusCode.OK}
        assert (one.calls, other.calls) == (before[0], before[1] + 20)


def test_a_flood_of_resets_ends_its_own_connection_alone(proxied: tuple[Proxy, Bare]) -> None:
    proxy, _ = proxied
    with Wire(proxy.target) as wire, channel_to(proxy) as channel:
        last = 0
        try:
            for _ in range(700):  # nghttp2 itself ends it after 1000
                last = wire.open(ECHO)
                wire.reset(last)
        except (OSError, RuntimeError):
            pass  # closed in mid-flood
        assert wire.answer(last).over
        assert {call(channel, ECHO) for _ in range(50)} == {grpc.StatusCode.OK}
