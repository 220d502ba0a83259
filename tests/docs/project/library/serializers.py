"""What of an author and of a book travels."""

from django_socio_grpc import proto_serializers

from library.models import Author, Book


class AuthorProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["id", "name"]


class BookProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Book
        fields = ["id", "title", "author", "pages", "published"]
