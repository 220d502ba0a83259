"""What happens when a service class is registered: its hooks run, and each action is told of."""

from typing import Any

from django_socio_grpc.actions import call_hook, collect
from django_socio_grpc.signals import grpc_action_register

BEFORE = "_before_registration"


class GRPCActionMixin:
    """The hooks of registration, for services and for mixins of your own."""

    def _before_registration(service_class: Any) -> None:
        """Override to prepare the class. Each class of the service has its own called."""

    def _dynamic_grpc_action_registry(service: Any) -> dict[str, dict[str, Any]]:
        """Override to declare actions by code: the arguments of ``grpc_action``, by rpc.

        Each class of the service has its own called. A subclass's goes before that of its bases.
        """
        return {}

    @classmethod
    def register_actions(cls) -> None:
        """Prepare the class, and send ``signals.grpc_action_register`` for each action.

        Raises:
            ConfigurationError: an action cannot be as it is declared.
        """
        for base in reversed(cls.__mro__):
            if BEFORE in vars(base):
                call_hook(vars(base)[BEFORE], cls, cls)
        for name, action in collect(cls()).items():
            grpc_action_register.send(sender=action, owner=cls, name=name)
