"""Services that let a client filter and page, and what their requests hold for it."""

from typing import Any

from contracts import contract, lines, named
from django.test import override_settings
from django_socio_grpc import generics, mixins
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from library.models import Author
from rest_framework.pagination import PageNumberPagination

AS_STRUCT = ["REQUEST_STRUCT_STRICT", "METADATA_AND_REQUEST_STRUCT"]
AS_MESSAGE = ["REQUEST_MESSAGE_STRICT", "METADATA_AND_REQUEST_MESSAGE"]


class Pages(PageNumberPagination):
    page_size = 10
    page_size_query_param = "size"


class AuthorSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ("id", "name")


class Books(mixins.ListModelMixin, mixins.StreamModelMixin, generics.RetrieveService):
    service_name = "Book"
    queryset: Any = Author.objects.all()
    serializer_class = AuthorSerializer


def fields(message: str, behavior: str, **attributes: Any) -> list[str] | None:
    """The fields of a message of a service with these attributes."""
    settings = {"FILTER_BEHAVIOR": behavior, "PAGINATION_BEHAVIOR": behavior}
    with override_settings(GRPC_FRAMEWORK=settings):
        found = named(contract(type("BookService", (Books,), attributes)))
    return lines(found[message]) if message in found else None
