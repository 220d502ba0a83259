"""The base class of every service: who may call it, and what it is called on the wire."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NoReturn

from django.db.models import QuerySet
from django.utils.module_loading import import_string
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated

from django_socio_grpc import throttling
from django_socio_grpc.action_registration import GRPCActionMixin
from django_socio_grpc.concurrency import offload, settled
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import PermissionDenied, Unauthenticated
from django_socio_grpc.permissions import SettledPermission
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.steps import Steps, check, step

UNAUTHENTICATED = (AuthenticationFailed, NotAuthenticated, Unauthenticated)


class DefaultFrom:
    """A class attribute whose value is a setting until a subclass gives its own."""

    def __init__(self, setting: str) -> None:
        self.setting = setting

    def __get__(self, instance: object, owner: type) -> Any:
        return getattr(grpc_settings, self.setting)


class Service(GRPCActionMixin, Steps):
    """A group of RPCs. One instance serves one call: ``request``, ``context`` and ``action``
    are the call's own.
    """

    authentication_classes: ClassVar[Any] = DefaultFrom("DEFAULT_AUTHENTICATION_CLASSES")
    permission_classes: ClassVar[Any] = DefaultFrom("DEFAULT_PERMISSION_CLASSES")
    throttle_classes: ClassVar[Any] = DefaultFrom("DEFAULT_THROTTLE_CLASSES")
    throttle_scope: str = ""
    """The rate of a ``ScopedRateThrottle`` for all actions that ``throttle_scopes`` omits."""

    throttle_scopes: ClassVar[Mapping[str, str]] = {}
    """By action, as ``{"List": "burst"}``."""

    atomic: ClassVar[bool | None] = None
    """Whether a call is a transaction. None is what the databases' ATOMIC_REQUESTS say."""

    default_deadline: ClassVar[float | None] = None
    """Seconds for a call without streams whose client names no deadline. ``math.inf`` is no limit,
    None what the setting DEFAULT_DEADLINE says."""

    max_deadline: ClassVar[float | None] = None
    """Seconds for such a call at most, whatever its client names. None is MAX_DEADLINE."""

    service_name: ClassVar[str] = ""
    """The name on the wire, before "Controller". Default: ``get_service_name``."""

    proto_package: ClassVar[str] = ""
    """The package of the contract that the service is registered with."""

    servicer_class: ClassVar[str] = "django_socio_grpc.servicer.ServicerProxy"
    """What ``as_servicer`` makes, by its path: it belongs to the layers above this one."""

    action: str
    request: Any
    context: Context
    authenticated: bool = False
    """Whether this call's authentication is done, be it that nobody is known."""

    initkwargs: Mapping[str, Any] = {}
    """What the instance was made with."""

    def __init__(self, **initkwargs: Any) -> None:
        if initkwargs:
            self.initkwargs = initkwargs
        for name, value in initkwargs.items():
            # A servicer gives each call the same object, which must not keep a call's rows.
            setattr(self, name, value.all() if isinstance(value, QuerySet) else value)

    @classmethod
    def as_servicer(cls, **initkwargs: Any) -> Any:
        """Return the servicer that ``add_<Name>ControllerServicer_to_server`` takes.

        ``initkwargs`` become attributes of the instance that serves a call.

        Raises:
            TypeError: the class has no attribute of such a name.
        """
        for name in initkwargs:
            if not hasattr(cls, name):
                raise TypeError(
                    f"{cls.__name__}.as_servicer() got {name!r}, which is not an attribute of "
                    "the class. Add it to the class to pass it here."
                )
        return import_string(cls.servicer_class)(cls, initkwargs)

    @classmethod
    def get_service_name(cls) -> str:
        """The name that messages begin with: that of the class, unless ``service_name`` is set."""
        return cls.service_name or cls.__name__

    @classmethod
    def get_controller_name(cls) -> str:
        """The name on the wire, that of the service in the contract."""
        return f"{cls.get_service_name()}Controller"

    @classmethod
    def get_full_name(cls) -> str:
        """That with the package of the contract, as in ``"library.BookController"``."""
        return ".".join(filter(None, (cls.proto_package, cls.get_controller_name())))

    def get_log_extra_context(self) -> Mapping[str, Any]:
        """Return the attributes of the log records of this call (``log``)."""
        return grpc_settings.LOG_EXTRA_CONTEXT_FUNCTION(self)  # type: ignore[no-any-return]

    # Who may call. Each step may be overridden by sync or async code.

    @step
    def before_action(self) -> None:
        """Runs before the handler: who calls, whether they may, and how often."""
        # An override of a step by an async method must not go unawaited.
        steps: list[Callable[[], Any]] = [
            self.perform_authentication,
            self.check_permissions,
            self.check_throttles,
        ]
        for each in steps:
            settled(each())

    @step
    def after_action(self) -> None:
        """Runs after a handler that raised nothing."""

    @step
    def perform_authentication(self) -> None:
        """Set ``context.user`` and ``context.auth``, once in a call.

        Where no authenticator knows the caller both are None; where there is no authenticator,
        they stay what a middleware has made them.
        """
        if self.authenticated:
            return
        try:
            known = settled(self.resolve_user())
        except APIException as exc:
            self._challenge(exc)
            raise
        if known or self.get_authenticators():
            self.context.user, self.context.auth = known or (None, None)
        self.authenticated = True

    @step
    def resolve_user(self) -> tuple[Any, Any] | None:
        """Return user and auth from the first authenticator that knows the caller."""
        for authenticator in self.get_authenticators():
            found = settled(authenticator.authenticate(self.context))
            if found:
                return found  # type: ignore[no-any-return]
        return None

    @step
    def check_permissions(self) -> None:
        """Raise unless every permission lets the caller in."""
        for permission in self.get_permissions():
            if not SettledPermission(permission).has_permission(self.context, self):
                self._refuse(permission)

    def check_object_permissions(self, obj: Any) -> None:
        """Raise unless every permission lets the caller at ``obj``."""
        for permission in self.get_permissions():
            settled_permission = SettledPermission(permission)
            if not settled_permission.has_object_permission(self.context, self, obj):
                self._refuse(permission)

    acheck_object_permissions = offload(check_object_permissions, overridable=True, wrap=check)

    @step
    def check_throttles(self) -> None:
        """Raise Throttled if the caller has called too often."""
        if self.throttle_scopes:
            self.throttle_scope = self.throttle_scopes.get(self.action, self.throttle_scope)
        throttling.check(self.get_throttles(), self.context, self)

    def _refuse(self, permission: Any) -> NoReturn:
        self.permission_denied(permission)
        raise PermissionDenied  # an override chooses the error, not whether there is one

    def permission_denied(self, permission: Any) -> None:
        """Raise what the caller sees: who they are is not known, or it is and is not enough."""
        user = self.context.user
        known = getattr(user, "is_authenticated", user) or self.context.auth
        if not known and (user is not None or self.get_authenticators()):
            error = Unauthenticated()
            self._challenge(error)
            raise error
        raise PermissionDenied(
            getattr(permission, "message", None), getattr(permission, "code", None)
        )

    def _challenge(self, error: APIException) -> None:
        """Note in ``error`` how a client may authenticate, as the first authenticator says."""
        for authenticator in self.get_authenticators()[:1]:
            header = getattr(authenticator, "authenticate_header", None)
            if header is not None and isinstance(error, UNAUTHENTICATED):
                error.auth_header = settled(header(self.context))  # type: ignore[union-attr]

    def get_authenticators(self) -> Sequence[Any]:
        """Return who may know the caller, in the order they are asked."""
        return [authenticator() for authenticator in self.authentication_classes]

    def get_permissions(self) -> Sequence[Any]:
        """Return the permissions of this call. An override may decide by ``self.action``."""
        return [permission() for permission in self.permission_classes]

    def get_throttles(self) -> Sequence[Any]:
        """Return the throttles of this call."""
        return [throttle() for throttle in self.throttle_classes]
