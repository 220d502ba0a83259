"""An author as a row, as a message and as a serializer of both."""

import datetime
from typing import Any

from django_socio_grpc.proto_serializers import ModelProtoSerializer
from library.models import Author
from messages import messages

pb = messages(
    Author="int64 id, string name, optional string born",
    AuthorList="repeated Author results, int32 count",
    Authors="repeated Author authors, repeated string results",
    Cover="bytes cover",
)


class AuthorSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["id", "name", "born"]
        proto_class = pb.Author
        proto_class_list = pb.AuthorList


BORN = datetime.date(1775, 12, 16)
JANE = {"id": 1, "name": "Jane", "born": "1775-12-16"}


def jane(**changes: Any) -> Author:
    return Author(**{"id": 1, "name": "Jane", "born": BORN, **changes})
