"""What calls write: each with its own serializer, at the least cost, on both servers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, ClassVar

import grpc
import pytest
from declared import Contract, Stub, stub_of
from django_socio_grpc import generics, mixins
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from library.models import Author
from policies import ByToken
from reference import no_field_is_made
from rest_framework import serializers
from tag_actions import AsyncTags, SyncTags


class Caller:
    """A default that only the call knows."""

    requires_context = True

    def __call__(self, field: Any) -> str:
        name: str = field.context["request"].user.name
        return name


CALLER: Any = Caller()


class NotWord:
    """A validator that asks who calls."""

    requires_context = True

    def __call__(self, value: str, field: Any) -> None:
        if value == CALLER(field):
            raise serializers.ValidationError("That is you.")


class MarkSerializer(ProtoSerializer):
    points = serializers.ListField(child=serializers.IntegerField(), required=False)
    of = serializers.CharField(default=CALLER)


class NoteSerializer(ProtoSerializer):
    text = serializers.CharField(validators=[NotWord()])
    by = serializers.CharField(default=CALLER)
    mark = MarkSerializer(required=False)

    def create(self, values: Any) -> Any:
        return SimpleNamespace(**{"mark": None, **values})

    def update(self, note: Any, values: Any) -> Any:
        return SimpleNamespace(**{"text": "old", "by": "old", "mark": None, **values})


class Notes(generics.GenericService):
    service_name = "Note"
    authentication_classes: ClassVar[Any] = [ByToken]
    serializer_class = NoteSerializer

    def get_object(self) -> Any:
        return SimpleNamespace(text="old")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        serializer = super().get_serializer(*args, **kwargs)
        if self.context.user.name == "root":
            serializer.fields["text"].validators.clear()
        return serializer


class SyncNotes(mixins.CreateModelMixin, mixins.PartialUpdateModelMixin, Notes):
    """Create and PartialUpdate."""


class AsyncNotes(mixins.AsyncCreateModelMixin, mixins.AsyncPartialUpdateModelMixin, Notes):
    """Create and PartialUpdate."""


@pytest.fixture(params=[SyncNotes, AsyncNotes])
def service(request: pytest.FixtureRequest) -> Any:
    return request.param


def as_user(stub: Stub, name: str) -> Stub:
    return stub.options(metadata=[("x-token", name)])


def test_each_caller_is_the_one_that_its_fields_know(mode: Mode, service: Any) -> None:
    with stub_of(mode, service) as stub, ThreadPoolExecutor(8) as pool:

        def write(number: int) -> Any:
            name = f"user{number % 7}"
            note = as_user(stub, name).Create(text="x", mark={"points": [number]})
            assert (note.by, note.mark.of, note.mark.points) == (name, name, [number])
            with pytest.raises(grpc.RpcError) as caught:
                as_user(stub, name).Create(text=name)
            error: Any = caught.value
            assert error.code() is StatusCode.INVALID_ARGUMENT

        list(pool.map(write, range(60)))


def test_what_a_call_does_to_its_fields_is_its_own(mode: Mode, service: Any) -> None:
    with stub_of(mode, service) as stub:
        for _ in range(2):
            assert as_user(stub, "root").Create(text="root").text == "root"
            with pytest.raises(grpc.RpcError, match="That is you"):
                as_user(stub, "jane").Create(text="jane")


def test_a_partial_update_has_the_default_of_its_caller(mode: Mode, service: Any) -> None:
    with stub_of(mode, service) as stub:
        for name in ("jane", "anne"):
            note = as_user(stub, name).PartialUpdate(_partial_update_fields=["by"])
            assert (note.text, note.by) == ("old", name)


# What a write costs


class AuthorProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ("id", "name", "born")


class Authors(generics.GenericService):
    service_name = "Author"
    queryset: Any = Author.objects.all()
    serializer_class = AuthorProtoSerializer


class SyncAuthors(Authors, generics.ModelService):
    """All actions."""


class AsyncAuthors(Authors, generics.AsyncModelService):
    """All actions."""


def writes(stub: Stub, **values: Any) -> dict[str, Callable[[], Any]]:
    """A call of each action that writes; the object is the one made by the last Create."""
    made: list[int] = []
    name = next(iter(values))
    return {
        "Create": lambda: made.append(stub.Create(**values).id),
        "Update": lambda: stub.Update(id=made[-1], **values),
        "PartialUpdate": lambda: stub.PartialUpdate(
            id=made[-1], _partial_update_fields=[name], **values
        ),
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("service", "values", "unique"),
    [
        (SyncAuthors, {"name": "Jane"}, []),
        (AsyncAuthors, {"name": "Jane"}, []),
        (SyncTags, {"label": "a"}, ["SELECT"]),
        (AsyncTags, {"label": "a"}, ["SELECT"]),
    ],
)
def test_a_write_asks_for_no_more_than_it_must(
    mode: Mode, service: Any, values: dict[str, Any], unique: list[str]
) -> None:
    """A unique field costs a query; what is saved is not read again."""
    contract = Contract(service)
    found = {}
    with serve(mode, contract.hook) as server, server.channel() as channel:
        for action, write in writes(contract.stub(channel), **values).items():
            with server.queries() as queries:
                write()
            found[action] = [query.sql.split()[0] for query in queries]
    assert found == {
        "Create": [*unique, "INSERT"],
        "Update": ["SELECT", *unique, "UPDATE"],
        "PartialUpdate": ["SELECT", *unique, "UPDATE"],
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", [SyncAuthors, AsyncAuthors])
def test_a_second_write_makes_no_field(mode: Mode, service: Any) -> None:
    contract = Contract(service)
    with serve(mode, contract.hook) as server, server.channel() as channel:
        calls = writes(contract.stub(channel), name="Jane")
        for write in calls.values():
            write()
        with no_field_is_made():
            for write in calls.values():
                write()
