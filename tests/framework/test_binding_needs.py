"""What a service needs to be bound: a queryset, a serializer and a field to look up by."""

import functools
from typing import Any

import grpc
import pytest
from declared import Contract, stub_of
from django_socio_grpc import generics, mixins
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Tag

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


def error(service: type[Service]) -> str:
    """Return the error of a service: that of making its contract, or of binding it to that."""
    with pytest.raises(ConfigurationError) as caught:
        bind_service(service, Contract(service).file)
    return str(caught.value)


class TagSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


@pytest.mark.parametrize(
    "base",
    [
        generics.ListService,
        generics.StreamService,
        generics.RetrieveService,
        generics.UpdateService,
        generics.DestroyService,
        generics.AsyncListService,
        generics.AsyncStreamService,
    ],
)
def test_no_queryset(base: type[generics.GenericService]) -> None:
    service = type("TagService", (base,), {"serializer_class": TagSerializer})
    assert error(service) == (
        "TagService has no queryset. Set the attribute 'queryset', or override 'get_queryset()'."
    )


def test_create_needs_no_queryset() -> None:
    class TagService(generics.CreateService):
        serializer_class = TagSerializer

    bind_service(TagService, Contract(TagService).file)


def test_a_queryset_that_is_none() -> None:
    class TagService(generics.ListService):
        queryset = Tag
        serializer_class = TagSerializer

    assert error(TagService) == (
        f"TagService.queryset is {Tag!r}, which is no queryset. Give one, for example "
        "Question.objects.all()."
    )


def test_no_serializer_class() -> None:
    class TagService(generics.ListService):
        queryset = Tag.objects.all()

    assert error(TagService) == (
        "TagService has no serializer_class. Set the attribute 'serializer_class', or override "
        "'get_serializer_class()'."
    )


def test_a_decorated_action_needs_the_same() -> None:
    def noted(method: Any) -> Any:
        @functools.wraps(method)
        async def wrapper(*args: Any) -> Any:
            return await method(*args)

        return wrapper

    class TagService(generics.AsyncListService):
        serializer_class = TagSerializer
        List = noted(generics.AsyncListService.List)

    assert "TagService has no queryset." in error(TagService)


def test_a_queryset_that_depends_on_the_call_is_no_error() -> None:
    class TagService(generics.ModelService):
        serializer_class = TagSerializer

        def get_queryset(self) -> Any:
            return Tag.objects.filter(label=self.context.user)

    bind_service(TagService, Contract(TagService).file)


def test_a_serializer_that_depends_on_the_action_is_no_error() -> None:
    class TagListSerializer(TagSerializer):
        class Meta(TagSerializer.Meta):
            fields = ["id"]

    class TagService(generics.ReadOnlyModelService):
        queryset = Tag.objects.all()

        def get_serializer_class(self) -> Any:
            return TagListSerializer if self.action == "List" else TagSerializer

    contract = Contract(TagService)
    bind_service(TagService, contract.file)
    assert list(contract.pb.TagListListResponse.DESCRIPTOR.fields_by_name) == ["results"]


def test_a_lookup_field_that_the_model_lacks() -> None:
    class TagService(generics.RetrieveService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer
        lookup_field = "slug"

    text = error(TagService)
    assert text.startswith("TagService.lookup_field is 'slug', but there is no field 'slug'")
    assert "label" in text


def test_a_lookup_field_that_the_request_lacks() -> None:
    class TagService(generics.UpdateService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer
        lookup_request_field = "slug"

    assert error(TagService) == (
        "TagService.Update looks its object up by the field 'slug' of the request, but TagRequest "
        "has no such field. Add it to the request, or set lookup_request_field to one that it "
        "has: id, label."
    )


def test_a_request_of_ones_own_without_the_lookup_field(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    class TagService(generics.RetrieveService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer

        @grpc_action(request=TEXT, response=TagSerializer)
        def Retrieve(self, request: Any, context: Any) -> Any:
            return super().Retrieve(request, context)

    with stub_of(mode, TagService) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.Retrieve(text="novel")
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert (
        "TagService.Retrieve looks its object up by the field 'id' of the request, but "
        "TagRetrieveRequest has no such field. Add it to the request, or set "
        "lookup_request_field to one that it has: text."
    ) in caplog.text


def test_a_request_of_ones_own_without_a_lookup_is_no_error() -> None:
    class TagService(generics.RetrieveService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer

        @grpc_action(request=TEXT, response=TagSerializer)
        def Retrieve(self, request: Any, context: Any) -> Any:
            return self.get_serializer(Tag.objects.get(label=request.text)).message

    class OtherTagService(generics.RetrieveService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer

        @grpc_action(request=TEXT, response=TagSerializer)
        def Retrieve(self, request: Any, context: Any) -> Any:
            return super().Retrieve(request, context)

        def get_object(self) -> Any:
            return Tag.objects.get(label=self.request.text)

    for service in (TagService, OtherTagService):
        bind_service(service, Contract(service).file)


@pytest.mark.django_db(transaction=True)
def test_a_lookup_by_another_field(mode: Mode) -> None:
    class TagService(mixins.RetrieveModelMixin, generics.GenericService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer
        lookup_field = "label"
        lookup_request_field = "slug"

    Tag.objects.create(label="novel")
    with stub_of(mode, TagService) as stub:
        assert stub.Retrieve(slug="novel").label == "novel"
