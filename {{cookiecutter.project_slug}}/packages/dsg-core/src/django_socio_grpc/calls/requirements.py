"""What the ready-made actions use of a service, so that a lack of it is an error at startup."""

import inspect
from inspect import getattr_static

from google.protobuf.descriptor import Descriptor

from django_socio_grpc import mixins
from django_socio_grpc.actions import Action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.generic_service import GenericService
from django_socio_grpc.watch import WatchModelMixin

LOOK_UP = {
    mixins.RetrieveModelMixin.Retrieve,
    mixins.UpdateModelMixin.Update,
    mixins.PartialUpdateModelMixin.PartialUpdate,
    mixins.DestroyModelMixin.Destroy,
}
QUERY = {mixins.ListModelMixin.List, mixins.StreamModelMixin.Stream, WatchModelMixin.Watch}


def check_requirements(service: GenericService, action: Action, request: Descriptor) -> None:
    """Raise ConfigurationError if ``service`` lacks what its ready-made ``action`` uses.

    ``request`` is the message that the contract has for it. What a handler of the service's own
    uses is known when it is called.
    """
    # Decorated or not, and in either colour, it ends in the one body that there is.
    handler = inspect.unwrap(getattr_static(service, action.name))
    finds_itself = _overrides(service, "get_object") or _overrides(service, "aget_object")
    if handler in QUERY or (handler in LOOK_UP and not finds_itself):
        _check_queryset(service)
    if handler in LOOK_UP and not finds_itself:
        service.check_lookup(request)


def _check_queryset(service: GenericService) -> None:
    if _overrides(service, "get_queryset"):
        return
    if service.queryset is not None and not callable(getattr(service.queryset, "all", None)):
        raise ConfigurationError(
            f"{type(service).__name__}.queryset is {service.queryset!r}, which is no queryset. "
            "Give one, for example Question.objects.all()."
        )
    service.get_queryset()


def _overrides(service: GenericService, name: str) -> bool:
    return getattr(type(service), name) is not getattr(GenericService, name)
