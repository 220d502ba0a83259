"""What a request may look an object up by, and what is no value of the column, on both servers."""

from typing import Any

import grpc
import pytest
from declared import stub_of
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Author, Book, Tag
from rest_framework.permissions import BasePermission

pytestmark = pytest.mark.django_db(transaction=True)


class BookProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        fields = ["id", "title"]


class Books(generics.GenericService):
    service_name = "Book"
    queryset = Book.objects.all()
    serializer_class = BookProtoSerializer


class ByText(generics.RetrieveService, Books):
    @grpc_action(request=[{"name": "id", "type": "string"}], response=BookProtoSerializer)
    def Retrieve(self, request: Any, context: Any) -> Any:
        return super().Retrieve(request, context)


class ByISBN(generics.AsyncRetrieveService, Books):
    lookup_field = "isbn"


class ByList(generics.AsyncRetrieveService, Books):
    @grpc_action(
        request=[{"name": "id", "type": "google.protobuf.ListValue"}], response=BookProtoSerializer
    )
    async def Retrieve(self, request: Any, context: Any) -> Any:
        return await super().Retrieve(request, context)


WRONG: list[Any] = [
    (ByText, {"id": "seven"}, "seven"),  # ValueError
    (ByText, {"id": "9" * 40}, "9" * 40),  # OverflowError, or DataError of the database
    (ByISBN, {"isbn": "seven"}, "seven"),  # ValidationError
    (ByList, {"id": [1]}, "values"),  # TypeError
]


@pytest.mark.parametrize(("service", "fields", "value"), WRONG)
def test_what_the_column_cannot_have_is_not_found(
    mode: Mode, service: type[Service], fields: Any, value: str
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.Retrieve(**fields)
    assert caught.value.code() is StatusCode.NOT_FOUND
    details = str(caught.value.details())
    assert f"Book: {value}" in details
    assert "not found!" in details


def test_a_right_value_of_another_type_is_found(mode: Mode) -> None:
    book = Book.objects.create(title="Notes", author=Author.objects.create(name="Ada"))
    with stub_of(mode, ByText) as stub:
        assert stub.Retrieve(id=str(book.pk)).title == "Notes"
    with stub_of(mode, ByISBN) as stub:
        assert stub.Retrieve(isbn=book.isbn.hex).title == "Notes"


class Nobody(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return False


@pytest.mark.parametrize("service", [ByText, ByISBN])
def test_an_object_is_found_before_permissions_are_asked_for_it(
    mode: Mode, service: type[Service]
) -> None:
    guarded = type(service.__name__, (service,), {"permission_classes": [Nobody]})
    book = Book.objects.create(title="Notes", author=Author.objects.create(name="Ada"))
    known = {"id": str(book.pk)} if service is ByText else {"isbn": str(book.isbn)}
    codes = []
    with stub_of(mode, guarded) as stub:
        for fields in (known, dict.fromkeys(known, "12345678-1234-1234-1234-123456789012")):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Retrieve(**fields)
            codes.append(caught.value.code())
    assert codes == [StatusCode.PERMISSION_DENIED, StatusCode.NOT_FOUND]


class Knowing(ModelProtoSerializer):
    """A serializer that looks at its call."""

    def validate_label(self, value: str) -> str:
        service, context = self.context["service"], self.context["grpc_context"]
        assert self.context["grpc_request"] is service.request
        assert context is service.context
        return f"{value} by {context.path}"

    class Meta:
        model = Tag
        fields = ["id", "label"]


class SyncTags(generics.CreateService):
    service_name = "Tag"
    queryset = Tag.objects.all()
    serializer_class = Knowing


class AsyncTags(generics.AsyncCreateService):
    service_name = "Tag"
    queryset = Tag.objects.all()
    serializer_class = Knowing


@pytest.mark.parametrize("service", [SyncTags, AsyncTags])
def test_a_serializer_knows_its_call(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert stub.Create(label="one").label == f"one by {service.__name__}/Create"
