"""What the figures were taken on."""

import os
import platform
from importlib import metadata
from pathlib import Path

PACKAGES = ("Django", "djangorestframework", "grpcio", "protobuf", "psycopg")


def facts() -> dict[str, str]:
    """Name and value of whatever a reader needs to place the figures."""
    versions = {name: metadata.version(name) for name in PACKAGES}
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": platform.system(),
        "Python": platform.python_version(),
        **versions,
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
