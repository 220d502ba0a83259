"""A service and its contract: what is missing or stale is an error at startup, with its fix."""

import functools
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from declared import Contract, stub_of
from django_socio_grpc import generics, mixins
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.binding import bind_service
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.schema.introspect import app_spec
from django_socio_grpc.schema.numbers import assign
from django_socio_grpc.schema.protoc import compile_to_descriptors
from django_socio_grpc.schema.render import render
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from library.models import Author, Book, Tag
from rest_framework import serializers

FIX = "Run: python manage.py generateproto"
TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class EchoService(Service):
    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any: ...

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Spell(self, request: Any, context: Any) -> Any: ...


FILE = Contract(EchoService).file.name


def text_of(service: type[Service]) -> str:
    return render(assign(app_spec("tests", [service]), None))


def stale(edit: Callable[[str], str], service: type[Service] = EchoService) -> str:
    """Return the error of ``service`` with its contract as ``edit`` leaves it."""
    text = text_of(service)
    edited = edit(text)
    assert edited != text
    with pytest.raises(ConfigurationError) as caught:
        bind_service(service, compile_to_descriptors(edited))
    return str(caught.value)


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


def error(service: type[Service]) -> str:
    """Return the error of a service: that of making its contract, or of binding it to that."""
    with pytest.raises(ConfigurationError) as caught:
        bind_service(service, Contract(service).file)
    return str(caught.value)


# A stale contract


def test_a_contract_that_is_up_to_date() -> None:
    name, plans = bind_service(EchoService, Contract(EchoService).file)
    assert name == "tests.EchoController"
    assert sorted(plans) == ["Say", "Spell"]
    assert EchoService.proto_package == "tests"


def test_a_service_that_the_contract_lacks() -> None:
    text = stale(swap("service EchoController", "service OtherController"))
    assert (
        text == f"EchoService is 'EchoController' on the wire, which {FILE} does not know. {FIX}"
    )


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("rpc Say(", "rpc Tell(", "it has no rpc 'Say'."),
        (
            "service EchoController {",
            "service EchoController {\n    rpc Sing(EchoSayRequest) returns (EchoSayResponse) {}",
            "the class has no action 'Sing'. Add the method, or, to remove the rpc:",
        ),
        (
            "rpc Say(EchoSayRequest",
            "rpc Say(stream EchoSayRequest",
            "the request of 'Say' is a stream in the file and not one in the class.",
        ),
        (
            "returns (stream EchoSpellResponse",
            "returns (EchoSpellResponse",
            "the response of 'Spell' is not a stream in the file and one in the class.",
        ),
        (
            "rpc Say(EchoSayRequest)",
            "rpc Say(EchoSpellRequest)",
            "the request of 'Say' is EchoSpellRequest in the file and EchoSayRequest in the "
            "class.",
        ),
        (
            "message EchoSayRequest {\n    string text = 1;",
            "message EchoSayRequest {\n    string words = 1;",
            "EchoSayRequest lacks text and still has words.",
        ),
        (
            "message EchoSayRequest {\n    string text = 1;",
            "message EchoSayRequest {\n    bool text = 1;",
            "EchoSayRequest.text is bool in the file and string in the class.",
        ),
        (
            "message EchoSayRequest {\n    string text = 1;",
            "message EchoSayRequest {\n    repeated string text = 1;",
            "EchoSayRequest.text is repeated string in the file and string in the class.",
        ),
    ],
)
def test_a_stale_contract(old: str, new: str, what: str) -> None:
    text = stale(swap(old, new))
    module = f"{FILE.removesuffix('.proto').replace('/', '.')}_pb2"
    assert text == f"{module} is not what EchoService declares: {what} {FIX}"


class TagSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class AuthorSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["id", "born"]


class AuthorService(generics.RetrieveService):
    queryset = Author.objects.all()
    serializer_class = AuthorSerializer


def test_a_field_that_may_be_null_now() -> None:
    text = stale(swap("optional string born", "string born"), AuthorService)
    assert "AuthorResponse.born is string in the file and optional string in the class." in text


def test_a_type_that_carries_the_value_too_is_not_stale() -> None:
    class ScoreSerializer(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ["id", "rating"]

    class ScoreService(generics.RetrieveService):
        queryset = Book.objects.all()
        serializer_class = ScoreSerializer

    text = text_of(ScoreService)
    assert "optional double rating" in text
    older = text.replace("optional double rating", "optional float rating")
    bind_service(ScoreService, compile_to_descriptors(older))


def test_a_contract_by_hand_has_messages_of_its_own() -> None:
    text = text_of(EchoService).replace("string text = 1;", "string text = 1; int32 n = 2;")
    bind_service(EchoService, compile_to_descriptors(text), check_messages=False)
    streams = text.replace("rpc Say(", "rpc Say(stream ")
    with pytest.raises(ConfigurationError, match="the request of 'Say' is a stream in the file"):
        bind_service(EchoService, compile_to_descriptors(streams), check_messages=False)


# What a service needs


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


def test_serializers_of_plain_drf_are_no_error() -> None:
    class PlainSerializer(serializers.ModelSerializer):
        class Meta:
            model = Tag
            fields = ["id", "label"]

    class PlainService(generics.ModelService):
        queryset = Tag.objects.all()
        serializer_class = PlainSerializer

    bind_service(PlainService, Contract(PlainService).file)


@pytest.mark.django_db(transaction=True)
def test_one_serializer_may_have_a_message_of_its_own_in_each_action(mode: Mode) -> None:
    class TagService(generics.ReadOnlyModelService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer

        @grpc_action(request=TEXT, response=TagSerializer, response_name="PublishedTag")
        def Publish(self, request: Any, context: Any) -> Any:
            return self.get_serializer(Tag.objects.get(label=request.text)).message

        @grpc_action(request=TEXT, response=TagSerializer, response_name="OtherTag")
        def Bare(self, request: Any, context: Any) -> Any:
            return TagSerializer(Tag.objects.get(label=request.text)).message

    tag = Tag.objects.create(label="novel")
    with stub_of(mode, TagService) as stub:
        assert type(stub.Publish(text="novel")).DESCRIPTOR.name == "PublishedTag"
        assert type(stub.Bare(text="novel")).DESCRIPTOR.name == "OtherTag"
        assert stub.Retrieve(id=tag.pk).label == "novel"
        assert [found.label for found in stub.List().results] == ["novel"]


@pytest.mark.django_db(transaction=True)
def test_two_apps_may_share_a_serializer(mode: Mode) -> None:
    class OneService(generics.ListService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer

        def List(self, request: Any, context: Any) -> Any:
            return TagSerializer(Tag.objects.all(), many=True).message

    class TwoService(OneService):
        pass

    Tag.objects.create(label="novel")
    one, two = Contract(OneService, package="one"), Contract(TwoService, package="two")

    def hook(server: Any) -> None:
        one.hook(server)
        two.hook(server)

    with serve(mode, hook) as running, running.channel() as channel:
        for contract in (one, two):
            assert [tag.label for tag in contract.stub(channel).List().results] == ["novel"]
