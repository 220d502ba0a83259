"""Serializers with messages: the async twins of their methods."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from authors import BORN, AuthorSerializer, jane, pb
from library.models import Author


def in_a_loop(test: Callable[..., Any]) -> Callable[..., Any]:
    """Run an async test; its ORM work runs in the thread, and so in the transaction, of pytest."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async_to_sync(test)(*args, **kwargs)

    return run


@in_a_loop
async def test_the_twins_of_one_row() -> None:
    serializer = AuthorSerializer(jane())
    assert await serializer.amessage == serializer.message
    assert await serializer.adata == serializer.data


@pytest.mark.django_db
@in_a_loop
async def test_the_twins_save() -> None:
    serializer = AuthorSerializer(message=pb.Author(name="Jane"))
    assert await serializer.ais_valid(raise_exception=True)
    author = await serializer.asave(born=BORN)
    assert (await Author.objects.aget(pk=author.pk)).born == BORN
    message = await serializer.amessage
    assert message == pb.Author(id=author.pk, name="Jane", born="1775-12-16")


@pytest.mark.django_db
@in_a_loop
async def test_the_twins_of_a_list_save() -> None:
    serializer = AuthorSerializer(message=[pb.Author(name="A"), pb.Author(name="B")], many=True)
    assert await serializer.ais_valid()
    await serializer.asave()
    assert len((await serializer.amessage).results) == await Author.objects.acount() == 2


@pytest.mark.django_db
@in_a_loop
async def test_the_default_twins_create_and_update() -> None:
    author = await AuthorSerializer().acreate({"name": "Jane"})
    await AuthorSerializer().aupdate(author, {"name": "Anne"})
    assert (await Author.objects.aget(pk=author.pk)).name == "Anne"


@in_a_loop
async def test_async_hooks_of_ones_own_are_awaited() -> None:
    class Own(AuthorSerializer):
        async def acreate(self, validated_data: Any) -> Author:
            return jane(**validated_data)

        async def aupdate(self, instance: Author, validated_data: Any) -> Author:
            instance.name = validated_data["name"] + "!"
            return instance

    created = Own(data={"name": "Anne"})
    created.is_valid(raise_exception=True)
    assert (await created.asave(born=None)).name == "Anne"
    updated: Any = Own(jane(), data={"name": "Anne"})
    updated.is_valid(raise_exception=True)
    assert (await updated.asave()).name == "Anne!"
    assert updated.instance.name == "Anne!"
    invalid = Own(data={"name": ""})
    invalid.is_valid()
    with pytest.raises(AssertionError, match="invalid data"):
        await invalid.asave()
