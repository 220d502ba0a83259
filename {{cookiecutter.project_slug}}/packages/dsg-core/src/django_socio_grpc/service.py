"""The base class of every service: who may call it, and what it is called on the wire."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.utils.module_loading import import_string
from rest_framework.exceptions import APIException

from django_socio_grpc.concurrency import offload, settled
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import PermissionDenied, Unauthenticated
from django_socio_grpc.permissions import SettledPermission
from django_socio_grpc.settings import grpc_settings


class DefaultFrom:
    """A class attribute whose value is a setting until a subclass gives its own."""

    def __init__(self, setting: str) -> None:
        self.setting = setting

    def __get__(self, instance: object, owner: type) -> Any:
        return getattr(grpc_settings, self.setting)


class Service:
    """A group of RPCs. One instance serves one call: ``request``, ``context`` and ``action``
    are the call's own.
    """

    authentication_classes: ClassVar[Any] = DefaultFrom("DEFAULT_AUTHENTICATION_CLASSES")
    permission_classes: ClassVar[Any] = DefaultFrom("DEFAULT_PERMISSION_CLASSES")

    service_name: ClassVar[str] = ""
    """The name on the wire, before "Controller". Default: the class name without "Service"."""

    proto_package: ClassVar[str] = ""
    """The package of the contract that the service is registered with."""

    servicer_class: ClassVar[str] = "django_socio_grpc.servicer.ServicerProxy"
    """What ``as_servicer`` makes, by its path: it belongs to the layers above this one."""

    action: str
    request: Any
    context: Context

    def __init__(self, **initkwargs: Any) -> None:
        for name, value in initkwargs.items():
            setattr(self, name, value)

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
        return cls.service_name or "".join(cls.__name__.rsplit("Service", 1))

    @classmethod
    def get_controller_name(cls) -> str:
        return f"{cls.get_service_name()}Controller"

    # Who may call

    def before_action(self) -> None:
        """Runs before the handler: authenticates the caller, then checks the permissions."""
        # A service may override either by an async method, which must not go unawaited.
        steps: list[Callable[[], Any]] = [self.perform_authentication, self.check_permissions]
        for step in steps:
            settled(step())

    def after_action(self) -> None:
        """Runs after a handler that raised nothing."""

    def perform_authentication(self) -> None:
        """Set ``context.user`` and ``context.auth``; both are None if nobody is known."""
        self.context.user, self.context.auth = settled(self.resolve_user()) or (None, None)

    def resolve_user(self) -> tuple[Any, Any] | None:
        """Return user and auth from the first authenticator that knows the caller."""
        for authenticator in self.get_authenticators():
            found = settled(authenticator.authenticate(self.context))
            if found:
                return found  # type: ignore[no-any-return]
        return None

    def check_permissions(self) -> None:
        """Raise unless every permission lets the caller in."""
        for permission in self.get_permissions():
            if not SettledPermission(permission).has_permission(self.context, self):
                self.permission_denied(permission)

    def check_object_permissions(self, obj: Any) -> None:
        """Raise unless every permission lets the caller at ``obj``."""
        for permission in self.get_permissions():
            settled_permission = SettledPermission(permission)
            if not settled_permission.has_object_permission(self.context, self, obj):
                self.permission_denied(permission)

    acheck_object_permissions = offload(check_object_permissions, overridable=True)

    def permission_denied(self, permission: Any) -> None:
        """Raise what the caller sees: who they are is not known, or it is and is not enough."""
        error: type[APIException] = PermissionDenied
        if self.get_authenticators() and not self.context.user:
            error = Unauthenticated
        raise error(getattr(permission, "message", None), getattr(permission, "code", None))

    def get_authenticators(self) -> Sequence[Any]:
        return [authenticator() for authenticator in self.authentication_classes]

    def get_permissions(self) -> Sequence[Any]:
        return [permission() for permission in self.permission_classes]
