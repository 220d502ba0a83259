"""New objects whose INSERT is compiled once: they are saved as Django saves them."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Now
from django.db.models.signals import post_save, pre_save
from django.db.models.sql.compiler import SQLInsertCompiler
from django.test import override_settings
from django.test.utils import CaptureQueriesContext, isolate_apps
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.queries import create
from library.models import Author, Book, Tag
from own_saving import Row, expression, of_the_field, own_manager, own_save

pytestmark = pytest.mark.django_db(transaction=True)

Made = Callable[[type[Any]], Any]


@pytest.fixture
def made() -> Iterator[Made]:
    """Makes the table of a model that a test declares."""
    tables: list[type[Any]] = []

    def make(model: type[Any]) -> Any:
        with connection.schema_editor() as editor:
            editor.create_model(model)
        tables.append(model)
        return model

    with isolate_apps("library"):
        yield make
        with connection.schema_editor() as editor:
            for model in reversed(tables):
                editor.delete_model(model)


@contextmanager
def compilations() -> Iterator[list[Any]]:
    """Yield what Django compiles an INSERT for in the block."""
    found: list[Any] = []
    original = SQLInsertCompiler.as_sql

    def as_sql(self: Any) -> Any:
        found.append(self.query.model)
        return original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLInsertCompiler, "as_sql", as_sql)
        yield found


def columns(instance: Any) -> dict[str, Any]:
    return {column.attname: getattr(instance, column.attname) for column in instance._meta.fields}


def test_the_second_object_compiles_nothing() -> None:
    create(Tag, {"label": "one"})
    with compilations() as compiled, CaptureQueriesContext(connection) as queries:
        tag = create(Tag, {"label": "two"})
    assert not compiled
    assert len(queries) == 1
    assert Tag.objects.get(label="two") == tag
    assert (tag._state.db, tag._state.adding) == ("default", False)


def test_it_is_what_django_does(made: Made) -> None:
    class Kind(Row):
        author = models.ForeignKey(Author, models.CASCADE, null=True)
        key = models.UUIDField()
        price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
        born = models.DateField(null=True)
        extra = models.JSONField(default=dict)
        pages = models.IntegerField(default=3)
        percent = models.FloatField(db_column="100", default=0.5)

    model = made(Kind)
    author = Author.objects.create(name="Ada")
    given = {
        "author": author,
        "key": uuid.UUID(int=7),
        "price": Decimal("1.25"),
        "extra": {"a": [1]},
    }
    create(model, given)  # compiles
    with CaptureQueriesContext(connection) as ours:
        mine = create(model, given)
    with CaptureQueriesContext(connection) as djangos:
        theirs = model.objects.create(**given)
    assert [each["sql"] for each in ours] == [each["sql"] for each in djangos]
    assert columns(mine) | {"id": 0} == columns(theirs) | {"id": 0}
    assert theirs.pk == mine.pk + 1
    assert columns(model.objects.get(pk=mine.pk)) == columns(mine)


def test_fields_have_their_say(made: Made) -> None:
    class Stamped(Row):
        made_at = models.DateTimeField(auto_now_add=True)

    model = made(Stamped)
    first, second = (create(model, {"text": "a"}) for _ in range(2))
    assert first.made_at < second.made_at
    assert model.objects.get(pk=second.pk).made_at == second.made_at


def test_a_key_of_its_own(made: Made) -> None:
    class Keyed(Row):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)

    model = made(Keyed)
    create(model, {})
    with compilations() as compiled:
        keyed = create(model, {"text": "a"})
    assert not compiled
    assert model.objects.get(pk=keyed.pk).text == "a"


@pytest.mark.parametrize("signal", [pre_save, post_save])
def test_who_listens_is_told(signal: Any) -> None:
    told: list[Any] = []

    def note(instance: Any, **arguments: Any) -> None:
        told.append((instance.pk is None, arguments))

    signal.connect(note, sender=Tag)
    try:
        create(Tag, {"label": "ours"})
        Tag.objects.create(label="django's")
    finally:
        signal.disconnect(note, sender=Tag)
    ours, djangos = told
    assert ours == djangos


def test_who_changes_an_object_before_it_is_saved() -> None:
    def change(instance: Any, **_: Any) -> None:
        instance.label = "changed"

    pre_save.connect(change, sender=Tag)
    try:
        create(Tag, {"label": "a"})
    finally:
        pre_save.disconnect(change, sender=Tag)
    assert Tag.objects.get().label == "changed"


def test_an_error_ends_the_transaction_as_any_does() -> None:
    create(Tag, {"label": "one"})
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            create(Tag, {"label": "one"})
        assert transaction.get_rollback()


def test_the_one_that_is_not_saved_yet_is_refused(made: Made) -> None:
    class Leaf(Row):
        author = models.ForeignKey(Author, models.CASCADE, null=True)

    model = made(Leaf)
    create(model, {"author": None})
    with pytest.raises(ValueError, match="unsaved related object 'author'"):
        create(model, {"author": Author(name="nobody")})


@pytest.mark.parametrize("declare", [own_save, own_manager, expression, of_the_field])
def test_what_a_model_has_of_its_own_is_honoured(
    made: Made, declare: Callable[[Any], Any]
) -> None:
    model = made(declare(Row))
    for _ in range(2):
        create(model, {"text": "loud"})
    assert list(model.objects.values_list("text", flat=True)) == ["LOUD", "LOUD"]


def test_a_value_of_the_database(made: Made) -> None:
    class Dated(Row):
        at = models.DateTimeField(db_default=Now())

    model = made(Dated)
    row = create(model, {"text": "a"})
    row.refresh_from_db()
    assert row.at is not None


def test_a_row_in_two_tables(made: Made) -> None:
    class Parent(Row):
        pass

    class Child(Parent):
        more = models.CharField(max_length=20)

    parent = made(Parent)
    child = create(made(Child), {"text": "a", "more": "b"})
    assert parent.objects.get(pk=child.pk).text == "a"


def test_a_given_key_is_kept() -> None:
    create(Tag, {"label": "one"})
    assert create(Tag, {"id": 4711, "label": "two"}).pk == 4711
    assert Tag.objects.get(pk=4711).label == "two"


def test_bytes_are_saved() -> None:
    author = Author.objects.create(name="Ada")
    book = create(Book, {"title": "a", "author": author, "cover": b"\0\xff"})
    assert bytes(Book.objects.get(pk=book.pk).cover) == b"\0\xff"


def test_settings_count_anew() -> None:
    create(Tag, {"label": "one"})
    with override_settings(USE_TZ=False), compilations() as compiled:
        create(Tag, {"label": "two"})
    assert compiled


def test_a_serializer_saves_by_it() -> None:
    class TagSerializer(ModelProtoSerializer):
        class Meta:
            model = Tag
            fields: ClassVar[Any] = ["id", "label"]

    for label in ("one", "two"):
        with compilations() as compiled:
            serializer = TagSerializer(data={"label": label})
            assert serializer.is_valid()
            serializer.save()
    assert not compiled
    assert serializer.data == {"id": Tag.objects.get(label="two").pk, "label": "two"}
