"""What a generic service has beside its actions: its queryset and its hooks, on both servers."""

from functools import partial
from typing import Any

import grpc
import pytest
from declared import Contract, code_of, stub_of
from django.db.models import QuerySet
from django_socio_grpc import generics
from django_socio_grpc.calls.binding import bind_serializers
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from library.models import Author, Book, Tag
from policies import TEXT
from servicers import add_servicer
from tag_actions import TagProtoSerializer

pytestmark = pytest.mark.django_db(transaction=True)


class SyncTags(generics.ModelService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    pb: Any

    @grpc_action(request=[], response=TEXT)
    def Labels(self, request: Any, context: Any) -> Any:
        return self.pb.TagLabelsResponse(text=self.evaluated())

    def evaluated(self) -> str:
        """What direct evaluation of the attribute gives."""
        assert self.queryset is not None
        return f"{len(self.queryset)}: {' '.join(tag.label for tag in self.queryset)}"


class AsyncTags(generics.AsyncModelService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    pb: Any

    @grpc_action(request=[], response=TEXT)
    async def Labels(self, request: Any, context: Any) -> Any:
        labels = [tag.label async for tag in self.queryset]
        return self.pb.TagLabelsResponse(text=f"{len(labels)}: {' '.join(labels)}")


services = pytest.mark.parametrize("service", [SyncTags, AsyncTags])


@services
def test_the_queryset_of_the_class_never_keeps_rows(mode: Mode, service: type[Service]) -> None:
    """Evaluated directly, it would answer each later call with the rows of the first."""
    with stub_of(mode, service) as stub:
        assert stub.Labels().text == "0: "
        stub.Create(label="one")
        assert stub.Labels().text == "1: one"
        assert [tag.label for tag in stub.List().results] == ["one"]


@services
def test_a_queryset_that_was_evaluated_before(mode: Mode, service: Any) -> None:
    evaluated = Tag.objects.order_by("id")
    assert list(evaluated) == []
    stale = type(service.__name__, (service,), {"queryset": evaluated})
    with stub_of(mode, stale) as stub:
        stub.Create(label="one")
        assert stub.Labels().text == "1: one"
        assert [tag.label for tag in stub.List().results] == ["one"]


@services
def test_a_queryset_of_a_base_that_is_no_service(mode: Mode, service: Any) -> None:
    class Shared:
        queryset = Tag.objects.order_by("-id")

    with stub_of(mode, type(service.__name__, (Shared, service), {})) as stub:
        assert stub.Labels().text == "0: "
        for label in ("one", "two"):
            stub.Create(label=label)
        assert stub.Labels().text == "2: two one"


@services
def test_a_queryset_that_the_servicer_is_given(mode: Mode, service: Any) -> None:
    """One object for all calls must not keep the rows of the first."""
    contract = Contract(service)

    def hook(server: Any) -> None:
        bind_serializers(service, contract.file)  # there is no app whose contract would tell
        servicer = service.as_servicer(queryset=Tag.objects.order_by("-id"))
        add_servicer(contract, servicer, server)

    with serve(mode, hook) as running, running.channel() as channel:
        stub = contract.stub(channel)
        assert stub.Labels().text == "0: "
        for label in ("one", "two"):
            stub.Create(label=label)
        assert stub.Labels().text == "2: two one"


class Visible(AsyncTags):
    async def aget_queryset(self) -> QuerySet[Tag]:
        hidden = [tag.pk async for tag in Tag.objects.filter(label__startswith="x")]
        queryset: QuerySet[Tag] = await super().aget_queryset()
        return queryset.exclude(pk__in=hidden)


class VisibleByHand(Visible):
    async def List(self, request: Any, context: Any) -> Any:
        return await super().List(request, context)


@pytest.mark.parametrize("service", [Visible, VisibleByHand])
def test_an_async_queryset_is_that_of_every_action(mode: Mode, service: type[Service]) -> None:
    shown, hidden = (Tag.objects.create(label=label) for label in ("shown", "x-hidden"))
    with stub_of(mode, service) as stub:
        assert [tag.label for tag in stub.List().results] == ["shown"]
        assert stub.Retrieve(id=shown.pk).label == "shown"
        for action in ("Retrieve", "Destroy"):
            call = partial(getattr(stub, action), id=hidden.pk)
            assert code_of(call) is StatusCode.NOT_FOUND
    assert Tag.objects.count() == 2


def test_an_async_get_queryset_is_refused_at_startup(mode: Mode) -> None:
    class Wrong(AsyncTags):
        async def get_queryset(self) -> Any:  # type: ignore[override]
            return Tag.objects.none()

    with (
        pytest.raises(ConfigurationError, match=r"Wrong\.get_queryset is async"),
        stub_of(mode, Wrong),
    ):
        pass


class BookProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        fields = ["id", "title"]


class ByTitle(generics.RetrieveService):
    service_name = "Book"
    queryset = Book.objects.all()
    serializer_class = BookProtoSerializer
    lookup_field = "title"


class ByTitleNamed(ByTitle):
    lookup_request_field = "name"


class ByAuthor(ByTitle):
    lookup_field = "author__name"
    lookup_request_field = "author"


class AsyncByAuthor(generics.AsyncRetrieveService):
    service_name = "Book"
    queryset = Book.objects.all()
    serializer_class = BookProtoSerializer
    lookup_field = "author__name"
    lookup_request_field = "author"


@pytest.mark.parametrize(
    ("service", "field", "value"),
    [
        (ByTitle, "title", "Notes"),
        (ByTitleNamed, "name", "Notes"),
        (ByAuthor, "author", "Ada"),
        (AsyncByAuthor, "author", "Ada"),
    ],
)
def test_the_column_and_the_field_of_the_request(
    mode: Mode, service: type[Service], field: str, value: str
) -> None:
    """lookup_field is the ORM's, lookup_request_field the request's."""
    Book.objects.create(title="Notes", author=Author.objects.create(name="Ada"))
    with stub_of(mode, service) as stub:
        request = stub.pb.BookRetrieveRequest.DESCRIPTOR
        assert list(request.fields_by_name) == [field]
        assert stub.Retrieve(**{field: value}).title == "Notes"
        with pytest.raises(grpc.RpcError) as caught:
            stub.Retrieve(**{field: "Nothing"})
    assert caught.value.code() is StatusCode.NOT_FOUND
    assert "Book: Nothing not found!" in str(caught.value.details())
