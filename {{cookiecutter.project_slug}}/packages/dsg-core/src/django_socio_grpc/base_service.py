"""``BaseService``: for a contract that is written by hand, with helpers for what handlers ask."""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar, NoReturn

from django.core.exceptions import SynchronousOnlyOperation
from django.utils.functional import SimpleLazyObject
from google.protobuf.descriptor import ServiceDescriptor
from grpc import StatusCode

from django_socio_grpc.actions import collect
from django_socio_grpc.apikeys.known import KnownKey
from django_socio_grpc.concurrency import offload
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import (
    INTERNAL_ERROR,
    AlreadyExist,
    ConfigurationError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from django_socio_grpc.service import Service
from django_socio_grpc.steps import check


class BaseService(Service):
    """A service whose methods are the rpcs of the same name in a contract written by hand.

        class UserService(BaseService):
            def GetUser(self, request, context):
                user = self.require_user(context)
                return UserResponse(id=user.id, name=user.username)

    Register it by ``AppHandlerRegistry(app, server, disable_proto_generation=True)``. On the wire
    it has the name of its class. A method may have ``@grpc_action`` as in any service; then its
    messages can be generated.

    The helpers that require something end the call, for good, where it is not there: also in
    async code, awaited or not, and also if the handler swallows the exception.
    """

    contract_actions: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """What the contract says of the methods that say nothing themselves."""

    @classmethod
    def get_controller_name(cls) -> str:
        return cls.service_name or cls.__name__

    @classmethod
    def adopt(cls, contract: ServiceDescriptor) -> None:
        """Make each method that is called as an rpc of ``contract`` an action.

        Raises:
            ConfigurationError: the contract has none.
        """
        if not contract.methods:
            raise ConfigurationError(
                f"{contract.full_name} has no rpc. Give the methods of {cls.__name__} the "
                "decorator @grpc_action, and run: python manage.py generateproto. Or write the "
                "contract by hand, and register the service by "
                "AppHandlerRegistry(..., disable_proto_generation=True)."
            )
        cls.contract_actions = {}
        declared = collect(cls())
        cls.contract_actions = {
            rpc.name: {
                "request": rpc.input_type.full_name,
                "response": rpc.output_type.full_name,
                "request_stream": rpc.client_streaming,
                "response_stream": rpc.server_streaming,
            }
            for rpc in contract.methods
            if rpc.name not in declared and callable(getattr(cls, rpc.name, None))
        }

    def _dynamic_grpc_action_registry(self) -> dict[str, dict[str, Any]]:
        return {name: dict(action) for name, action in self.contract_actions.items()}

    # Who calls

    def get_user(self, context: Context) -> Any:
        """Return the user, or None if nobody is known, or the account is not active.

        Where a session says who calls, async code awaits ``aget_user``: the user is a row.
        """
        user = context.user
        try:
            # ``is True``: an attribute that is a method, or a coroutine, is as true as any object.
            known = user is not None and getattr(user, "is_authenticated", None) is True
        except SynchronousOnlyOperation as exc:
            raise RuntimeError(
                f"{context.path} is async, and has to ask the database who calls. Write: await "
                "self.arequire_user(...), or await self.aget_user(...)"
            ) from exc
        return user if known and getattr(user, "is_active", True) is True else None

    def get_api_key(self, context: Context) -> KnownKey | None:
        """Return the API key that the caller has shown, or None if they are known otherwise."""
        return context.auth if isinstance(context.auth, KnownKey) else None

    def require_user(self, context: Context, message: str = "") -> Any:
        """Return the user; without one the call ends as UNAUTHENTICATED.

        Async code may await the result, and need not.
        """
        user = self.get_user(context)
        if user is None:
            self.abort_unauthenticated(context, message or Unauthenticated.default_detail)
        return RequiredUser(user)

    def require_staff(self, context: Context, message: str = "") -> Any:
        """Return the user, who is of the staff; with another the call ends."""
        user = self.require_user(context)
        if user.is_staff is not True:
            self.abort_permission_denied(context, message or PermissionDenied.default_detail)
        return user

    def require_superuser(self, context: Context, message: str = "") -> Any:
        """Return the user, who is a superuser; with another the call ends."""
        user = self.require_user(context)
        if user.is_superuser is not True:
            self.abort_permission_denied(context, message or PermissionDenied.default_detail)
        return user

    def check_permission(self, context: Context, permission: str) -> bool:
        """Whether the caller has ``permission``, ``"library.change_book"``."""
        user = self.get_user(context)
        try:
            return user is not None and user.has_perm(permission) is True
        except SynchronousOnlyOperation as exc:
            raise RuntimeError(
                f"{context.path} is async, and has to ask the database for permissions. Write: "
                "await self.arequire_permission(...), or await self.acheck_permission(...)"
            ) from exc

    def require_permission(self, context: Context, permission: str, message: str = "") -> Any:
        """Return the user, who has ``permission``; with another the call ends.

        An async handler awaits ``arequire_permission``: permissions are rows of the database.
        """
        user = self.require_user(context)
        if not self.check_permission(context, permission):
            self.abort_permission_denied(context, message or PermissionDenied.default_detail)
        return user

    aget_user = offload(get_user, overridable=True)
    arequire_user = offload(require_user, overridable=True, wrap=check)
    arequire_staff = offload(require_staff, overridable=True, wrap=check)
    arequire_superuser = offload(require_superuser, overridable=True, wrap=check)
    acheck_permission = offload(check_permission, overridable=True, wrap=check)
    arequire_permission = offload(require_permission, overridable=True, wrap=check)

    # How the call ends

    def abort(self, context: Context, code: StatusCode, message: str = "") -> NoReturn:
        """End the call with ``code``. None of these returns, so none needs an ``await``."""
        context.abort(code, message)

    def abort_invalid_argument(
        self, context: Context, message: str = InvalidArgument.default_detail
    ) -> NoReturn:
        context.abort(StatusCode.INVALID_ARGUMENT, message)

    def abort_unauthenticated(
        self, context: Context, message: str = Unauthenticated.default_detail
    ) -> NoReturn:
        context.abort(StatusCode.UNAUTHENTICATED, message)

    def abort_permission_denied(
        self, context: Context, message: str = PermissionDenied.default_detail
    ) -> NoReturn:
        context.abort(StatusCode.PERMISSION_DENIED, message)

    def abort_not_found(
        self, context: Context, message: str = NotFound.default_detail
    ) -> NoReturn:
        context.abort(StatusCode.NOT_FOUND, message)

    def abort_already_exists(
        self, context: Context, message: str = AlreadyExist.default_detail
    ) -> NoReturn:
        context.abort(StatusCode.ALREADY_EXISTS, message)

    def abort_failed_precondition(
        self, context: Context, message: str = FailedPrecondition.default_detail
    ) -> NoReturn:
        context.abort(StatusCode.FAILED_PRECONDITION, message)

    def abort_unimplemented(
        self, context: Context, message: str = Unimplemented.default_detail
    ) -> NoReturn:
        context.abort(StatusCode.UNIMPLEMENTED, message)

    def abort_unavailable(
        self, context: Context, message: str = Unavailable.default_detail
    ) -> NoReturn:
        context.abort(StatusCode.UNAVAILABLE, message)

    def abort_internal(self, context: Context, message: str = INTERNAL_ERROR) -> NoReturn:
        context.abort(StatusCode.INTERNAL, message)

    # What the client has sent, and from where

    def get_metadata(self, context: Context, key: str, default: Any = None) -> Any:
        """Return the value of the client's metadata ``key``, in any case; the last of several."""
        return dict(context.invocation_metadata()).get(key.lower(), default)

    def set_metadata(self, context: Context, key: str, value: str | bytes) -> None:
        """Add to the metadata that are sent with the status."""
        context.set_trailing_metadata([*context.trailing_metadata(), (key, value)])

    def get_peer(self, context: Context) -> str:
        """Return who has connected, as grpc says it: ``ipv4:10.0.0.7:52101``."""
        return context.peer()

    def get_client_ip(self, context: Context) -> str:
        """Return the address that has connected, which may be a proxy's; "" for a Unix socket."""
        return str(context.META["REMOTE_ADDR"])

    def get_request_id(self, context: Context) -> str:
        """Return the id of the call, which the log has too."""
        return context.request_id


class RequiredUser(SimpleLazyObject):
    """The user, as Django's ``request.user`` is, and an awaitable of the user as well."""

    def __init__(self, user: Any) -> None:
        self.__dict__["_required"] = user
        super().__init__(lambda: user)

    def __await__(self) -> Generator[Any, None, Any]:
        user = self.__dict__["_required"]
        yield from ()
        return user
