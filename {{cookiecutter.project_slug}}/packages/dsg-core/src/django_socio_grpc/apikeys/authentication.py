"""Who calls, by an API key."""

import logging
from typing import Any

from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BaseAuthentication

from django_socio_grpc.apikeys import streams
from django_socio_grpc.apikeys.failures import failures
from django_socio_grpc.apikeys.known import REFUSED
from django_socio_grpc.apikeys.presented import Ambiguous, presented
from django_socio_grpc.apikeys.rpc import current_rpc
from django_socio_grpc.apikeys.scopes import covers
from django_socio_grpc.apikeys.store import Caller, Refused, store
from django_socio_grpc.apikeys.text import LONGEST, parse
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import PermissionDenied, Unauthenticated
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.throttling import client_address

logger = logging.getLogger("django_socio_grpc.apikeys")

OUT_OF_SCOPE = "The API key is not for this method."


class APIKeyAuthentication(BaseAuthentication):
    """Knows who shows an API key: ``context.user`` is its owner, ``context.auth`` the key.

    A key without an owner is a ``KeyUser``. A call without a key is for the next authenticator.
    A key that opens nothing ends the call, and so does one whose scopes do not cover the method,
    whatever the permissions of the service are. If the database cannot tell, the call ends as
    UNAVAILABLE.
    """

    def recall(self, context: Context) -> tuple[Any, Any] | None:
        """Return what ``authenticate`` would, if it takes no database; else None, also for what
        it would refuse.
        """
        try:
            text = presented(context)
        except Ambiguous:
            return None
        caller = None if text is None or len(text) > LONGEST else store.recall(text)
        return None if caller is None else _let_in(context, caller)

    @sensitive_variables("text", "shown")
    def authenticate(self, context: Any) -> tuple[Any, Any] | None:
        """Return user and key, or None if the client shows no key."""
        try:
            text = presented(context)
            if text is None:
                return None
            caller = self._caller(context, text)
        except (Ambiguous, Refused) as exc:
            peer = client_address(context)
            failures.check(peer)
            failures.note(peer)
            logger.info("Refused an API key from %s: %s.", peer, exc)
            raise Unauthenticated(REFUSED, "authentication_failed") from None
        known = _let_in(context, caller)
        if known is None:
            raise PermissionDenied(OUT_OF_SCOPE, "out_of_scope")
        return known

    def authenticate_header(self, context: Any) -> str:
        """What a client that is not known is told to show."""
        return "Api-Key"

    @sensitive_variables("text", "shown")
    def _caller(self, context: Context, text: str) -> Caller:
        if len(text) > LONGEST:
            raise Refused("too long")
        caller = store.recall(text)
        if caller is not None:
            return caller
        failures.check(client_address(context))
        shown = parse(text, grpc_settings.API_KEY_PREFIX, grpc_settings.API_KEY_ENVIRONMENT)
        if shown is None:
            raise Refused("not one of this server's")
        try:
            return store.look_up(shown)
        except Refused as exc:
            raise Refused(f"{shown.id} is {exc}") from None


def _let_in(context: Context, caller: Caller) -> tuple[Any, Any] | None:
    """User and key, or None if its scopes do not cover the method."""
    rpc = current_rpc()
    if not covers(caller.key.scopes, rpc.method):
        return None
    if rpc.streams:
        streams.follow(context, caller.key, rpc.method)
    return caller.user, caller.key
