"""Connections that are renewed while calls go on."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import grpc

from faults.bad_inputs.expected import ECHO
from faults.case import Cases, Seen
from faults.lab import Absent, Lab
from faults.load import Load
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.stubs import Stub
from faults.waiting import loading, none_failed, within

CASES = Cases()
AGE = [("grpc.max_connection_age_ms", 2000), ("grpc.max_connection_age_grace_ms", 5000)]
CHURN = 10.0
RENEWED = 60.0


@CASES.add("F21", "connections live for 2 s, 10 s long", "0 failed, without retry", quick=False)
def churn(lab: Lab) -> Iterator[Seen]:
    with lab.serve(grpc_settings={"SERVER_OPTIONS": AGE}) as server:
        with loading(Load(target=server.target, method=ECHO, retries=False)) as tally:
            time.sleep(CHURN)
        yield none_failed("calls", tally)


@CASES.add("F22", "a certificate is replaced on disk", "0 failed, the new <= 60 s", quick=False)
def replaced(lab: Lab) -> Iterator[Seen]:
    folder = lab.folder()
    first, second = (_certificate(folder, name) for name in ("first", "second"))
    key, chain = folder / "key.pem", folder / "chain.pem"
    _put(first, key, chain)
    roots = b"".join(Path(pair[1]).read_bytes() for pair in (first, second))
    settings = {"PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH": [[str(key), str(chain)]]}
    with lab.serve(grpc_settings=settings) as server:
        failed = 0
        new_only = Path(second[1]).read_bytes()

        def call(trusted: bytes) -> bool:
            credentials = grpc.ssl_channel_credentials(trusted)
            options = [("grpc.use_local_subchannel_pool", 1)]
            with grpc.secure_channel(server.target, credentials, options) as channel:
                try:
                    Stub(channel).Echo(pb.CallEchoRequest(text="a"), timeout=10)
                except grpc.RpcError:
                    return False
            return True

        yield Seen(what="before", outcome="the old one", ok=call(roots) and not call(new_only))
        _put(second, key, chain)

        def renewed() -> bool:
            nonlocal failed
            failed += not call(roots)
            return call(new_only)

        yield within("the new one", renewed, RENEWED * lab.slack)
        yield Seen(what="meanwhile", outcome=f"{failed} failed", ok=failed == 0)


def _certificate(folder: Path, name: str) -> tuple[str, str]:
    """The paths of a new private key and its certificate, which trusts itself."""
    if shutil.which("openssl") is None:
        raise Absent("no openssl on this machine")
    key, chain = (str(folder / f"{name}.{kind}") for kind in ("key", "crt"))
    command = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", chain]
    subprocess.run(command, check=True, capture_output=True)
    return key, chain


def _put(pair: tuple[str, str], key: Path, chain: Path) -> None:
    """Let both paths be those of ``pair``, each in one step."""
    for source, target in zip(pair, (key, chain), strict=True):
        shutil.copy(source, f"{target}.new")
        Path(f"{target}.new").replace(target)
