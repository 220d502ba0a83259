"""The id of a call, for its client."""

from grpc import StatusCode

from django_socio_grpc.adapters.observers import Begun, Ended
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.transport import REQUEST_ID


def return_request_id(plan: CallPlan) -> Begun:
    """An observer that sends each call's id with its status.

    A call that fails sends it in any case.
    """

    def begun(context: Context) -> Ended:
        def ended(code: StatusCode) -> None:
            if code is StatusCode.OK:  # what the handler has set stays
                metadata = [*context.trailing_metadata(), (REQUEST_ID, context.request_id)]
                context.set_trailing_metadata(metadata)

        return ended

    return begun
