"""Watch: what happens to the objects of a service, as a stream, on both servers."""

import threading

import pytest
from django.db import connection, transaction
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Tag
from watching import AsyncTagService, TagService, kind, serving, watch

pytestmark = pytest.mark.django_db(transaction=True)

services = pytest.mark.parametrize("service", [TagService, AsyncTagService])


@services
def test_creates_updates_and_deletes(mode: Mode, service: type[Service]) -> None:
    with serving(mode, service) as (_, stub):
        watching = watch(stub)
        tag = Tag.objects.create(label="new")
        assert watching.next() == ("CREATED", tag.pk, "new")
        tag.label = "newer"
        tag.save()
        assert watching.next() == ("UPDATED", tag.pk, "newer")
        pk = tag.pk
        tag.delete()
        assert watching.next() == ("DELETED", pk, None)


@services
def test_changes_by_other_calls(mode: Mode, service: type[Service]) -> None:
    with serving(mode, service) as (_, stub):
        watching = watch(stub)
        made = stub.Create(label="new")
        assert watching.next() == ("CREATED", made.id, "new")
        stub.Update(id=made.id, label="newer")
        assert watching.next() == ("UPDATED", made.id, "newer")
        stub.Destroy(id=made.id)
        assert watching.next() == ("DELETED", made.id, None)


@services
def test_the_initial_state_comes_first(mode: Mode, service: type[Service]) -> None:
    tags = [Tag.objects.create(label=f"tag {number}") for number in range(3)]
    with serving(mode, service) as (_, stub):
        watching = watch(stub, initial=True)
        assert watching.until_synced() == [("CREATED", tag.pk, tag.label) for tag in tags]
        tags[1].delete()
        assert watching.next()[0] == "DELETED"


@services
def test_an_object_that_was_there_before_is_updated_and_not_created(
    mode: Mode, service: type[Service]
) -> None:
    tag = Tag.objects.create(label="old")
    with serving(mode, service) as (_, stub):
        watching = watch(stub)
        tag.save()
        assert watching.next() == ("UPDATED", tag.pk, "old")


def test_what_is_rolled_back_never_happened(mode: Mode) -> None:
    with serving(mode, TagService) as (_, stub):
        watching = watch(stub)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Tag.objects.create(label="half")
            raise ZeroDivisionError
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                Tag.objects.create(label="inner half")
                raise ZeroDivisionError
            whole = Tag.objects.create(label="whole")
        assert watching.next() == ("CREATED", whole.pk, "whole")


def test_changes_are_sent_after_the_commit(mode: Mode) -> None:
    with serving(mode, TagService) as (_, stub):
        watching = watch(stub)
        with transaction.atomic():
            tag = Tag.objects.create(label="first")
            tag.label = "last"
            tag.save()
        assert watching.next() == ("CREATED", tag.pk, "last")
        tag.save()
        assert watching.next() == ("UPDATED", tag.pk, "last")


@services
def test_events_keep_the_order_of_the_changes(mode: Mode, service: type[Service]) -> None:
    with serving(mode, service) as (_, stub):
        watching = watch(stub)
        tags = [Tag.objects.create(label=f"tag {number}") for number in range(50)]
        assert watching.take(50) == [("CREATED", tag.pk, tag.label) for tag in tags]


def test_each_watcher_gets_every_event(mode: Mode) -> None:
    with serving(mode, TagService) as (_, stub):
        watchings = [watch(stub) for _ in range(3)]
        tag = Tag.objects.create(label="new")
        for watching in watchings:
            assert watching.next() == ("CREATED", tag.pk, "new")


def test_an_object_is_sent_as_it_is_and_not_as_it_was_on_the_way(mode: Mode) -> None:
    """A state that was replaced before anybody read it is passed over."""
    with serving(mode, TagService) as (_, stub):
        watching = watch(stub)
        with transaction.atomic():
            tag = Tag.objects.create(label="step 0")
            gone = Tag.objects.create(label="gone")
            for number in range(1, 20):
                tag.label = f"step {number}"
                tag.save()
            gone.delete()
        last = Tag.objects.create(label="last")
        assert watching.next() == ("CREATED", tag.pk, "step 19")
        while (event := watching.next()) != ("CREATED", last.pk, "last"):
            assert event == ("UPDATED", tag.pk, "step 19")


def write(tags: list[Tag]) -> None:
    """Change some of the tags, delete others, and create new ones."""
    for number, tag in enumerate(tags):
        if number % 3:
            tag.label = f"changed {number}"
            tag.save()
        else:
            tag.delete()
        Tag.objects.create(label=f"made {number}")
    connection.close()


@services
def test_there_is_no_gap_between_the_initial_state_and_the_changes(
    mode: Mode, service: type[Service]
) -> None:
    """Whoever applies the events one by one has what is in the database."""
    Tag.objects.bulk_create(Tag(label=f"old {number}") for number in range(1200))
    writer = threading.Thread(target=write, args=[list(Tag.objects.order_by("?")[:60])])
    state: dict[int, str] = {}
    with serving(mode, service) as (_, stub):
        replies = stub.Watch(initial=True)
        writer.start()
        for event in replies:
            if kind(event) == "SYNCED":
                writer.join()
                Tag.objects.create(label="the end")
            elif kind(event) == "DELETED":
                del state[event.key]
            else:
                assert (event.key in state) is (kind(event) == "UPDATED")
                state[event.key] = event.object.label
            if event.object.label == "the end":
                break
        replies.cancel()
    assert state == dict(Tag.objects.values_list("pk", "label"))
    assert len(state) == 1241
