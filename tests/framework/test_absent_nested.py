"""What a nested message does not set: an update leaves it as it is, on both servers."""

from typing import Any

import pytest
from declared import stub_of
from django_socio_grpc import generics, mixins
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.testing import Mode
from library.models import Author, Book

pytestmark = pytest.mark.django_db(transaction=True)


class AuthorProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ("id", "name", "born")


class BookProtoSerializer(ModelProtoSerializer):
    author = AuthorProtoSerializer()

    class Meta:
        model = Book
        fields = ("id", "title", "author", "note")

    def create(self, validated_data: Any) -> Any:
        author = Author.objects.create(**validated_data.pop("author"))
        return super().create({**validated_data, "author": author})

    def update(self, instance: Any, validated_data: Any) -> Any:
        """As everyone writes it."""
        for name, value in validated_data.pop("author").items():
            setattr(instance.author, name, value)
        instance.author.save()
        return super().update(instance, validated_data)


class BookService(generics.AsyncModelService):
    queryset = Book.objects.select_related("author")
    serializer_class = BookProtoSerializer


class BookSyncService(generics.CreateService, generics.UpdateService, mixins.RetrieveModelMixin):
    service_name = "Book"
    queryset = Book.objects.select_related("author")
    serializer_class = BookProtoSerializer


@pytest.mark.parametrize("service", [BookService, BookSyncService])
def test_null_only_where_the_message_itself_says_so(mode: Mode, service: Any) -> None:
    jane = {"name": "Jane", "born": "1775-12-16"}
    with stub_of(mode, service) as stub:
        created = stub.Create(title="Emma", note="lent", author=jane)
        assert (created.note, created.author.born) == ("lent", "1775-12-16")
        updated = stub.Update(id=created.id, title="Emma", author={"name": "Jane Austen"})
        assert not updated.HasField("note")
        assert (updated.author.name, updated.author.born) == ("Jane Austen", "1775-12-16")
        bare = stub.Create(title="Emma", author={"name": "Anne"})
        assert not bare.author.HasField("born")
