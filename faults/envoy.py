"""Envoy before a server, on the configuration that the template brings along."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from faults.lab import TEMPLATE, Absent, Lab, free_port
from faults.server import Server
from faults.waiting import connects, until

CONFIG = TEMPLATE / "deploy" / "envoy" / "envoy.yaml"
PATIENCE = 60.0
HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


@contextmanager
def proxied(lab: Lab, server: Server, *, table: bool = False) -> Iterator[str]:
    """Yield the address of an Envoy that leads to ``server``.

    With ``table`` it compresses headers by HPACK's table on the way to the server, as it does
    where nobody has told it not to.

    Raises:
        Absent: there is no Envoy on this machine.
    """
    here = str(Path(sys.prefix, "bin"))
    program = shutil.which("envoy", path=f"{here}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        raise Absent("no Envoy on this machine")
    port, folder = free_port(), lab.folder()
    config = folder / "envoy.yaml"
    config.write_text(yaml.safe_dump(_for(server.target, port, table)))
    command = [program, "--config-path", str(config), "--disable-hot-restart"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, "--concurrency", "1"], stdout=log, stderr=log)
    try:
        if until(lambda: connects(port) or process.poll() is not None, PATIENCE) is None:
            raise RuntimeError("Envoy does not listen.")
        if process.poll() is not None:
            raise RuntimeError(f"Envoy ended: {(folder / 'log').read_text()[-1000:]}")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _for(target: str, port: int, table: bool) -> Any:
    config = yaml.safe_load(CONFIG.read_text())
    del config["admin"]
    resources = config["static_resources"]
    (listener,), (cluster,) = resources["listeners"], resources["clusters"]
    _place(listener, "127.0.0.1", port)
    host, _, number = target.rpartition(":")
    ((group,),) = [cluster["load_assignment"]["endpoints"]]
    for each in group["lb_endpoints"]:
        _place(each["endpoint"], host, int(number))
    del cluster["cluster_type"]
    cluster["type"] = "STATIC"
    cluster.pop("health_checks", None)
    if table:
        options = cluster["typed_extension_protocol_options"][HTTP]
        del options["explicit_http_config"]["http2_protocol_options"]["hpack_table_size"]
    return config


def _place(thing: Any, host: str, port: int) -> None:
    thing["address"] = {"socket_address": {"address": host, "port_value": port}}
