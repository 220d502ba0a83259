"""``cache_endpoint_with_deleter``: which changes end which replies."""

from collections.abc import Iterator
from typing import Any

import pytest
from cached import (
    TagCachedSerializer,
    labels,
    with_list,
)
from declared import stub_of
from django.core.cache import cache
from django.db.models.signals import m2m_changed
from django.dispatch import Signal
from django_socio_grpc import generics
from django_socio_grpc.decorators import (
    cache_endpoint_with_deleter,
    grpc_action,
)
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Author, Tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize("senders", [Author, (Author,), [Tag, Author], "library.Author"])
def test_senders(mode: Mode, senders: Any) -> None:
    service = with_list(cache_endpoint_with_deleter(300, senders=senders))
    with stub_of(mode, service) as stub:
        assert labels(stub) == []
        Tag.objects.bulk_create([Tag(label="one")])
        assert labels(stub) == []
        Author.objects.create(name="Ada")
        assert labels(stub) == ["one"]


def test_signals(mode: Mode) -> None:
    own = Signal()
    decorator = cache_endpoint_with_deleter(300, invalidator_signals=(own, m2m_changed))
    with stub_of(mode, with_list(decorator, name="Signals")) as stub:
        assert labels(stub) == []
        Tag.objects.create(label="one")
        assert labels(stub) == []
        own.send(Tag)
        assert labels(stub) == ["one"]


def test_actions_of_one_prefix_end_together_and_others_do_not(mode: Mode) -> None:
    class Shelf(Service):
        pb: Any
        runs = 0

        @grpc_action(response=[{"name": "runs", "type": "int32"}])
        @cache_endpoint_with_deleter(300, key_prefix="shelf", senders=Author)
        def One(self, request: Any, context: Any) -> Any:
            return self.pb.ShelfOneResponse(runs=self.count())

        @grpc_action(response=[{"name": "runs", "type": "int32"}])
        @cache_endpoint_with_deleter(300, key_prefix="shelf", senders=())
        def Two(self, request: Any, context: Any) -> Any:
            return self.pb.ShelfTwoResponse(runs=self.count())

        @grpc_action(response=[{"name": "runs", "type": "int32"}])
        @cache_endpoint_with_deleter(300, key_prefix="shelf[1]", senders=Tag)
        def Three(self, request: Any, context: Any) -> Any:
            return self.pb.ShelfThreeResponse(runs=self.count())

        @classmethod
        def count(cls) -> int:
            cls.runs += 1
            return cls.runs

    with stub_of(mode, Shelf) as stub:
        assert [stub.One().runs, stub.Two().runs, stub.Three().runs] == [1, 2, 3]
        Author.objects.create(name="Ada")
        assert [stub.One().runs, stub.Two().runs, stub.Three().runs] == [4, 5, 3]


def test_a_service_without_a_model_names_its_senders(mode: Mode) -> None:
    class Nothing(Service):
        @grpc_action()
        @cache_endpoint_with_deleter(300)
        def Ask(self, request: Any, context: Any) -> Any: ...

    with pytest.raises(ConfigurationError, match="as 'senders'"), stub_of(mode, Nothing):
        raise AssertionError("it serves")


def test_services_of_one_base_end_each_by_its_own_model(mode: Mode) -> None:
    class AuthorSerializer(ModelProtoSerializer):
        class Meta:
            model = Author
            fields = ["id", "name"]

    class Base(generics.ListCreateService):
        runs = 0

        @cache_endpoint_with_deleter(300)
        def List(self, request: Any, context: Any) -> Any:
            Base.runs += 1
            return super().List(request, context)

    class TagsService(Base):
        queryset = Tag.objects.order_by("id")
        serializer_class = TagCachedSerializer

    class AuthorsService(Base):
        queryset = Author.objects.order_by("id")
        serializer_class = AuthorSerializer

    with stub_of(mode, TagsService, AuthorsService) as stub:
        stub.List()
        Author.objects.create(name="Ada")
        stub.List()
        assert Base.runs == 1
        Tag.objects.create(label="one")
        stub.List()
        assert Base.runs == 2
