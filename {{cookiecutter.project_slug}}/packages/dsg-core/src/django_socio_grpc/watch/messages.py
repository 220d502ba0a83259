"""The messages of a ``Watch`` action: made of the service's serializer and its lookup field."""

from functools import cache
from typing import Annotated, Any

from django.db.models import TextChoices
from rest_framework import fields

from django_socio_grpc.actions import FieldDict
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.schema.names import base_name


class WatchEvent(TextChoices):
    """What has happened to an object, as the caller sees it.

    CREATED: it is there, or in sight. UPDATED: it has changed, or was saved as it was. DELETED: it
    is gone, or out of sight. SYNCED, of no object: what follows are changes. A client passes over
    an event that it does not know, for there may be more of them one day.
    """

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    SYNCED = "SYNCED"


REQUEST: list[FieldDict] = [
    {
        "name": "initial",
        "type": "bool",
        "comment": "Whether to send all objects first, each as CREATED, and then SYNCED.",
    }
]


def message_base(service: Any) -> str:
    """What the names of the service's messages begin with."""
    return base_name(service.get_serializer_class())


class KeyField(fields.Field[Any, Any, Any, Any]):
    """The value that an object is looked up by, whose wire type is ``proto_type``."""

    def __init__(self, proto_type: str, **options: Any) -> None:
        self.proto_type = proto_type
        super().__init__(**options)

    def to_representation(self, value: Any) -> Any:
        return value


def response_serializer(service: Any) -> type[ProtoSerializer]:
    """The serializer of the events of ``service``, ``BookWatchProtoSerializer``."""
    (lookup,) = service.get_lookup_fields()
    return _response_serializer(service.get_serializer_class(), lookup["type"])


@cache
def _response_serializer(serializer_class: Any, key_type: str) -> type[ProtoSerializer]:
    return type(
        f"{base_name(serializer_class)}WatchProtoSerializer",
        (ProtoSerializer,),
        {
            "__doc__": "One event of a watch.",
            "__annotations__": {"event": Annotated[fields.ChoiceField, WatchEvent]},
            "event": fields.ChoiceField(WatchEvent.choices),
            "key": KeyField(
                key_type, allow_null=True, help_text="What Retrieve finds the object by."
            ),
            "object": serializer_class(
                allow_null=True, help_text="As it is now; absent if it is gone."
            ),
        },
    )
