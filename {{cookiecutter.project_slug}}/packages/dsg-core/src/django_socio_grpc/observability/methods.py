"""An RPC as logs, metrics and traces name it."""

from dataclasses import dataclass

from grpc import StatusCode

from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.settings import grpc_settings

FAULTS = frozenset(
    {
        StatusCode.UNKNOWN,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.UNIMPLEMENTED,
        StatusCode.INTERNAL,
        StatusCode.UNAVAILABLE,
        StatusCode.DATA_LOSS,
    }
)
"""How calls end by the server's fault, as OpenTelemetry's conventions draw the line."""

KINDS = {
    (False, False): "unary",
    (True, False): "client_stream",
    (False, True): "server_stream",
    (True, True): "bidi_stream",
}
"""By whether the client streams, and whether the server does; as other frameworks call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """``service`` is the full name on the wire; ``ignored`` says that successes are not logged."""

    service: str
    name: str
    kind: str
    service_name: str
    ignored: bool

    @property
    def path(self) -> str:
        return f"{self.service}/{self.name}"


def method_of(plan: CallPlan) -> Method:
    """Return what ``plan`` is called."""
    cls = plan.service_class
    return Method(
        service=cls.get_full_name(),
        name=plan.name,
        kind=KINDS[plan.request_stream, plan.response_stream],
        service_name=cls.get_service_name(),
        ignored=f"{cls.__name__}.{plan.name}" in grpc_settings.IGNORE_LOG_FOR_ACTION,
    )
