"""A call that is over, as logs keep it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter, time
from typing import Any

from grpc import StatusCode

from django_socio_grpc import current
from django_socio_grpc.adapters.observers import Begun, Ended, Observer
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.observability.methods import Method, method_of

Keep = Callable[["CallRecord"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call. ``ended`` is in seconds since 1970, ``seconds`` how long it took.

    ``user`` is the primary key of who called, or nothing; ``trace`` what identifies its trace.
    """

    method: Method
    code: StatusCode
    ended: float
    seconds: float
    user: Any
    peer: str
    request_id: str
    trace: Mapping[str, str]


def recording(keep: Keep, *, successes: bool) -> Observer:
    """Return an observer that gives ``keep`` the record of each call that fails.

    With ``successes``, of each that goes well too, if IGNORE_LOG_FOR_ACTION does not name it.
    """

    def observer(plan: CallPlan) -> Begun:
        method = method_of(plan)
        wanted = successes and not method.ignored

        def begun(context: Context) -> Ended:
            since = perf_counter()

            def ended(code: StatusCode) -> None:
                if code is not StatusCode.OK or wanted:
                    keep(_record(method, context, code, perf_counter() - since))

            return ended

        return begun

    return observer


def _record(method: Method, context: Context, code: StatusCode, seconds: float) -> CallRecord:
    return CallRecord(
        method=method,
        code=code,
        ended=time(),
        seconds=seconds,
        user=_user_of(context),
        peer=context.peer(),
        request_id=context.request_id,
        trace=current.trace(),
    )


def _user_of(context: Context) -> Any:
    # Of a session it may be a promise, which asks the database when it is looked at: not on the
    # loop, where Django raises, and with a database that is gone in vain.
    with suppress(Exception):
        return getattr(context.user, "pk", None)
    return None
