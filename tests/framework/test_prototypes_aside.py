"""Where a serializer may have fields of its own, DRF makes them; what changes, is seen."""

from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from authors import AuthorSerializer, pb
from django.test import override_settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django_socio_grpc.codec.prototypes import Prototype
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from library.models import Author, Book, Tag
from messages import messages
from rest_framework import serializers
from rest_framework.relations import PrimaryKeyRelatedField


def names(cls: Any, **context: Any) -> list[str]:
    return list(cls(context=context).fields)


def test_fields_that_a_method_decides() -> None:
    class Chosen(AuthorSerializer):
        def get_fields(self) -> Any:
            fields = super().get_fields()
            return {name: fields[name] for name in self.context["names"]}

    assert names(Chosen, names=["id"]) == ["id"]
    assert names(Chosen, names=["name", "born"]) == ["name", "born"]
    message = pb.Author(name="Jane")
    assert Chosen(message=message, context={"names": ["id"]}).initial_data == {"id": 0}
    assert Chosen(message=message, context={"names": ["name"]}).initial_data == {"name": "Jane"}


def test_fields_that_a_property_decides() -> None:
    class Chosen(AuthorSerializer):
        @property
        def fields(self) -> Any:
            fields = super().fields
            fields.pop(self.context["without"], None)
            return fields

    assert names(Chosen, without="id") == ["name", "born"]
    assert names(Chosen, without="born") == ["id", "name"]


def test_a_method_that_fields_are_built_by() -> None:
    class Built(ModelProtoSerializer):
        class Meta:
            model = Author
            fields = ("name",)

        def build_standard_field(self, *args: Any) -> Any:
            cls, kwargs = super().build_standard_field(*args)
            return cls, {**kwargs, "max_length": self.context["limit"]}

    for limit in (3, 4):
        assert Built(context={"limit": limit}).fields["name"].max_length == limit


def test_fields_that_the_constructor_takes_away() -> None:
    class Narrow(AuthorSerializer):
        def __init__(self, *args: Any, only: Any = None, **kwargs: Any) -> None:
            if only == "id":
                self.fields.pop("name")
            super().__init__(*args, **kwargs)
            if only == "name":
                self.fields.pop("id")

    message = pb.Author(name="Jane")
    for _again in range(2):
        assert list(Narrow(only="name").fields) == ["name", "born"]
        assert list(Narrow(only="id").fields) == ["id", "born"]
        assert names(Narrow) == ["id", "name", "born"]
        assert "name" not in Narrow(message=message, only="id").initial_data
        assert Narrow(message=message).initial_data["name"] == "Jane"


def test_a_class_that_makes_its_serializers_itself() -> None:
    class Flavoured(AuthorSerializer):
        def __new__(cls, *args: Any, flavour: str, **kwargs: Any) -> Any:
            made: Any = super().__new__(cls, *args, **kwargs)
            made.flavour = flavour
            return made

        def __init__(self, *args: Any, flavour: str, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)

    serializer: Any = Flavoured(flavour="sweet", message=pb.Author(name="Jane"), context={"a": 1})
    assert serializer.flavour == "sweet"
    assert serializer.initial_data["name"] == "Jane"
    assert list(serializer.fields) == ["id", "name", "born"]


def test_a_class_is_asked_once_whether_it_is_one_of_these() -> None:
    class Chosen(AuthorSerializer):
        def get_fields(self) -> Any:
            return super().get_fields()

    with patch.object(Prototype, "of", wraps=Prototype.of) as asked:
        for _again in range(3):
            names(Chosen)
    assert asked.call_count == 1


def test_a_meta_of_one_serializer() -> None:
    class Short:
        model = Author
        fields = ("name",)

    serializer = AuthorSerializer()
    serializer.Meta = Short  # type: ignore[assignment]
    assert list(serializer.fields) == ["name"]
    assert names(AuthorSerializer) == ["id", "name", "born"]


def test_an_option_of_one_serializer() -> None:
    class Linked(PrimaryKeyRelatedField):
        """A way of its own to show a relation."""

    class Linking(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ("author",)

    assert type(Linking().fields["author"]) is PrimaryKeyRelatedField
    serializer: Any = Linking()
    serializer.serializer_related_field = Linked
    assert type(serializer.fields["author"]) is Linked
    assert type(Linking().fields["author"]) is PrimaryKeyRelatedField


def test_a_meta_that_changes() -> None:
    class Base:
        model = Author
        extra_kwargs: ClassVar[dict[str, Any]] = {}

    class Changing(ModelProtoSerializer):
        class Meta(Base):
            fields: ClassVar[list[str]] = ["id"]

    message = messages(M="int64 id, string name").M(id=1, name="Jane")
    assert names(Changing) == ["id"]
    assert Changing(message=message).initial_data == {"id": 1}
    Changing.Meta.fields.append("name")
    assert names(Changing) == ["id", "name"]
    assert Changing(message=message).initial_data == {"id": 1, "name": "Jane"}
    Base.extra_kwargs["name"] = {"max_length": 2}
    assert Changing().fields["name"].max_length == 2
    Changing.Meta = type("Meta", (), {"model": Author, "fields": ["born"]})  # type: ignore[misc, assignment]
    assert names(Changing) == ["born"]


def test_a_class_that_is_made_from_another() -> None:
    attributes = {"x": serializers.IntegerField()}
    one = type("One", (ProtoSerializer,), dict(attributes))
    assert names(one) == ["x"]
    other = type("Other", (ProtoSerializer,), {**vars(one), "y": serializers.IntegerField()})
    assert names(other) == ["y"]
    assert names(one) == ["x"]
    assert names(type("Child", (one,), {"z": serializers.IntegerField()})) == ["x", "z"]


def test_declared_fields_that_change() -> None:
    class Changing(ProtoSerializer):
        x = serializers.IntegerField()

    assert names(Changing) == ["x"]
    Changing._declared_fields["y"] = serializers.IntegerField()
    assert names(Changing) == ["x", "y"]


def test_a_serializer_without_a_meta_is_told() -> None:
    with pytest.raises(AssertionError, match='Class Nothing missing "Meta" attribute'):
        names(type("Nothing", (ModelProtoSerializer,), {}))


# What the settings and the language decide


def test_settings_that_change() -> None:
    class BookSerializer(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ("tags",)

    cutoff = BookSerializer().fields["tags"].html_cutoff
    with override_settings(REST_FRAMEWORK={"HTML_SELECT_CUTOFF": 7}):
        assert BookSerializer().fields["tags"].html_cutoff == 7
    assert BookSerializer().fields["tags"].html_cutoff == cutoff


@pytest.mark.parametrize("unique", [True, False])
def test_the_language_of_each_call(db: None, unique: bool) -> None:
    """DRF words the error of a unique field when it makes the field, others when they occur."""

    class Labels(ModelProtoSerializer):
        class Meta:
            model = Tag
            fields = ("label",)
            extra_kwargs: ClassVar[Any] = {
                "label": {
                    "error_messages": {"max_length": _("This field is required.")},
                    **({} if unique else {"validators": []}),
                }
            }

    Tag.objects.create(label="old")

    def errors() -> list[str]:
        found = []
        for label in ("x" * 51, "old")[: 1 + unique]:
            checked = Labels(data={"label": label}, context={})
            assert not checked.is_valid()
            found.append(str(checked.errors["label"][0]))
        return found

    english = errors()
    with override("fr"):
        french = errors()
    assert not set(english) & set(french)
    with override("de"):
        assert not set(errors()) & {*english, *french}
    assert errors() == english
    with override("fr"):
        assert errors() == french
