"""A service of tags in both colours, for the tests of the test helpers."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from asgiref.sync import sync_to_async
from declared import Contract
from django.db import IntegrityError, transaction
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from library.models import Author, Book, Tag
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class Tags(generics.GenericService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    pb: Any


class SyncTagService(Tags, generics.ModelService):
    @grpc_action(request=TEXT, response=TEXT)
    def TwiceOrNever(self, request: Any, context: Any) -> Any:
        """Two tags by one transaction: the second fails if it is there."""
        with transaction.atomic():
            Tag.objects.create(label=f"{request.text}-1")
            Tag.objects.create(label=f"{request.text}-2")
        return self.pb.TagTwiceOrNeverResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT)
    def OnceAnyway(self, request: Any, context: Any) -> Any:
        """A tag, and then the news whether it was there, which needs the database again."""
        try:
            Tag.objects.create(label=request.text)
        except IntegrityError:
            return self.pb.TagOnceAnywayResponse(text=f"one of {Tag.objects.count()}")
        return self.pb.TagOnceAnywayResponse(text="new")

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Find(self, request: Any, context: Any) -> Iterator[Any]:
        """Whether there is a tag, for each label."""
        for each in request:
            found = Tag.objects.filter(label=each.text).exists()
            yield self.pb.TagFindResponse(text=str(found))


class AsyncTagService(Tags, generics.AsyncModelService):
    @grpc_action(request=TEXT, response=TEXT)
    async def TwiceOrNever(self, request: Any, context: Any) -> Any:
        def create() -> None:
            with transaction.atomic():
                Tag.objects.create(label=f"{request.text}-1")
                Tag.objects.create(label=f"{request.text}-2")

        await sync_to_async(create)()
        return self.pb.TagTwiceOrNeverResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT)
    async def OnceAnyway(self, request: Any, context: Any) -> Any:
        try:
            await Tag.objects.acreate(label=request.text)
        except IntegrityError:
            return self.pb.TagOnceAnywayResponse(text=f"one of {await Tag.objects.acount()}")
        return self.pb.TagOnceAnywayResponse(text="new")

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Find(self, request: Any, context: Any) -> Any:
        async for each in request:
            found = await Tag.objects.filter(label=each.text).aexists()
            yield self.pb.TagFindResponse(text=str(found))


class Nobody(BaseAuthentication):
    """Refuses whoever it is asked about."""

    def authenticate(self, request: Any) -> Any:
        raise AuthenticationFailed("Nobody is let in.")


class Who(generics.GenericService):
    service_name = "Who"
    authentication_classes = [Nobody]
    permission_classes = [IsAuthenticated]
    pb: Any

    def name(self, context: Any) -> Any:
        user = context.user
        return self.pb.WhoAmIResponse(text=user.name if user else repr(user))


class SyncWhoService(Who):
    @grpc_action(response=TEXT)
    def AmI(self, request: Any, context: Any) -> Any:
        return self.name(context)


class AsyncWhoService(Who):
    @grpc_action(response=TEXT)
    async def AmI(self, request: Any, context: Any) -> Any:
        return self.name(context)


def user(name: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, is_authenticated=True, pk=1)


class AuthorProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["id", "name"]


class BookProtoSerializer(ModelProtoSerializer):
    author = AuthorProtoSerializer()

    class Meta:
        model = Book
        fields = ["id", "title", "author"]


class BookService(generics.ReadOnlyModelService):
    """It queries the author of each book."""

    queryset = Book.objects.order_by("id")
    serializer_class = BookProtoSerializer
    auto_related = False


class JoinedBookService(BookService):
    service_name = "Book"
    queryset = Book.objects.order_by("id").select_related("author")


def add_book() -> Book:
    author = Author.objects.create(name="Ada")
    return Book.objects.create(title="On engines", author=author)


TAGS: dict[type[Tags], Contract] = {
    service: Contract(service) for service in (SyncTagService, AsyncTagService)
}
"""The contract of each service."""
