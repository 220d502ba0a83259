"""What a server does around each call of one RPC: observers, and the time that it allows."""

from grpc import StatusCode

from django_socio_grpc.adapters.observers import observing
from django_socio_grpc.adapters.runtime import Runtime
from django_socio_grpc.adapters.transports import ServicerTransport
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context


class Edge:
    """Opens and closes the calls of ``plan``.

    ``runtime`` is either server's: its ``observers`` are told, its ``timeouts`` end what takes
    too long.
    """

    def __init__(self, plan: CallPlan, runtime: Runtime) -> None:
        self._begin = observing(plan, runtime.observers)
        self._deadlines = plan.deadlines
        limits = (plan.deadlines.default, plan.deadlines.maximum)
        self._timeouts = {s: runtime.deadlines(s) for s in limits if s is not None}

    def open(self, context: Context, transport: ServicerTransport) -> None:
        """The call has come."""
        if self._begin is not None:
            transport.finish = self._begin(context)
        if self._timeouts:
            seconds = self._deadlines.allowed(transport.time_remaining())
            if seconds is not None:
                transport.allow(seconds)
                self._timeouts[seconds].begin(transport)

    def close(self, transport: ServicerTransport, code: StatusCode) -> None:
        """The call ends with ``code``, if its client still wants to know."""
        for timeouts in self._timeouts.values():
            timeouts.end(transport)
        finish, transport.finish = transport.finish, None
        if finish is not None:
            lost = code is StatusCode.CANCELLED or (
                code is StatusCode.OK and not transport.is_active()
            )
            finish(transport.lost_as() if lost else code)
        transport.close()
