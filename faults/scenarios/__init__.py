"""What happens to a server that it cannot help: each case is tried on both servers."""

from collections.abc import Sequence

from faults.case import Case
from faults.scenarios import (
    brokers,
    clients,
    connections,
    database,
    floods,
    handlers,
    machine,
    stopping,
    workers,
)

FAULTS: Sequence[Case] = sorted(
    [
        *stopping.CASES,
        *workers.CASES,
        *database.CASES,
        *brokers.CASES,
        *clients.CASES,
        *floods.CASES,
        *handlers.CASES,
        *connections.CASES,
        *machine.CASES,
    ],
    key=lambda case: int(case.id.strip("Fwc")),
)
