"""Whether a caller holds a key."""

from typing import Any

from django_socio_grpc.apikeys.known import KnownKey
from django_socio_grpc.apikeys.rpc import current_rpc
from django_socio_grpc.permissions import GRPCActionBasePermission


class HasAPIKeyScope(GRPCActionBasePermission):
    """Lets in who shows an API key whose scopes cover the method, and nobody else.

    ``IsAuthenticated`` would let in who is known by other means as well.
    """

    message = "An API key for this method is needed."
    at_once = True

    def has_permission(self, context: Any, service: Any) -> bool:
        key = context.auth
        return isinstance(key, KnownKey) and key.allows(current_rpc().method)
