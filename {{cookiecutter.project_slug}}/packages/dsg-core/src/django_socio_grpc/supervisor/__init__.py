"""Several processes that serve on one port, and the one that looks after them.

A worker is a fresh interpreter that runs the command of its parent. Nothing is forked: neither
grpc's threads nor a connection to the database would survive that.
"""

from django_socio_grpc.supervisor.membership import (
    WRONG_CONFIGURATION,
    Membership,
    Report,
    membership,
)
from django_socio_grpc.supervisor.port import held
from django_socio_grpc.supervisor.supervisor import GivenUp, Supervisor

__all__ = [
    "WRONG_CONFIGURATION",
    "GivenUp",
    "Membership",
    "Report",
    "Supervisor",
    "held",
    "membership",
]
