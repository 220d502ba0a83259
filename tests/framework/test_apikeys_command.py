"""``manage.py grpcapikey``: keys for programs and people."""

import io
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.periods import read_period
from django_socio_grpc.apikeys.text import parse
from keyed import id_of, issue, row_of

pytestmark = pytest.mark.django_db
MINIMUM = ["--name", "cron", "--scope", "*", "--expires", "never"]


@dataclass(frozen=True, slots=True)
class Said:
    out: str
    err: str


def run(*args: str) -> Said:
    out, err = io.StringIO(), io.StringIO()
    call_command("grpcapikey", *args, stdout=out, stderr=err)
    return Said(out.getvalue(), err.getvalue())


def test_the_key_alone_is_on_stdout() -> None:
    said = run("create", *MINIMUM)
    text = said.out.strip()
    assert said.out == f"{text}\n"
    assert parse(text, "grpc", "live") is not None
    assert said.err.endswith("This is the only time that it is shown.\n")
    assert "cron" in said.err
    assert text[-49:] not in said.err
    row = row_of(text)
    assert (row.name, row.user, row.scopes, row.expires_at, row.rate) == (
        "cron",
        None,
        ["*"],
        None,
        "",
    )


def test_a_key_with_everything() -> None:
    User.objects.create(username="ada")
    scopes = ["--scope", "library.*", "--scope", "/plays.PlayController/Say"]
    more = ["--user", "ada", "--rate", "100/minute", "--expires", "30d", "--name", "laptop"]
    row = row_of(run("create", *scopes, *more).out.strip())
    assert row.user == User.objects.get()
    assert row.scopes == ["library.*", "plays.PlayController.Say"]
    assert row.rate == "100/minute"
    assert row.expires_at is not None
    assert timedelta() <= timezone.now() + timedelta(days=30) - row.expires_at < timedelta(hours=1)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["create", *MINIMUM, "--scope", "a b"], "'a b' is no scope"),
        (["create", *MINIMUM, "--expires", "soon"], "'soon' is no length of time"),
        (["create", *MINIMUM, "--expires", "0d"], "'0d': the key would have ended"),
        (["create", *MINIMUM, "--rate", "often"], "'often' is no rate"),
        (["create", *MINIMUM, "--name", " "], "' ' is no name"),
        (["create", *MINIMUM, "--name", "a\nb"], r"'a\\nb' is no name"),
        (["create", *MINIMUM, "--name", "\x1b[31m"], "is no name"),
        (["create", *MINIMUM, "--name", "a" * 101], "1 to 100 characters"),
        (["create", *MINIMUM, "--user", "nobody"], "There is no user 'nobody'"),
        (["create", "--name", "cron"], "--scope, --expires"),
        (["revoke", "unknown"], "There is no such key"),
        (["revoke", ""], "There is no such key"),
        (["rotate", "unknown"], "There is no such key"),
        ([], "COMMAND"),
    ],
)
def test_what_is_wrong_is_one_line(args: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*args)
    assert not APIKey.objects.exists()


def test_the_list_has_no_secret() -> None:
    ada = User.objects.create(username="ada")
    keys = [issue(name="first", user=ada, rate="5/hour"), issue(name="second", scopes=["a.*"])]
    said = run("list")
    head, *lines = said.out.splitlines()
    assert head.split()[:5] == ["KEY", "NAME", "USER", "STATE", "EXPIRES"]
    assert len(lines) == 2
    for key in keys:
        assert f"grpc_live_{id_of(key)}" in said.out
        assert key[-49:] not in said.out
        assert row_of(key).digest not in said.out
    assert [line.split()[1:4] for line in lines] == [["second", "-", "ok"], ["first", "ada", "ok"]]
    assert lines[0].endswith("a.*")
    assert "5/hour" in lines[1]


def test_keys_that_have_ended_are_listed_if_asked_for() -> None:
    revoked, expired = issue(name="revoked"), issue(name="old", expires_at=timezone.now())
    row_of(revoked).revoke()
    assert run("list") == Said("", "There is no key.\n")
    said = run("list", "--all")
    assert id_of(revoked) in said.out
    assert id_of(expired) in said.out


def test_a_key_is_revoked_by_what_it_begins_with() -> None:
    for part in (
        lambda key: id_of(key),
        lambda key: id_of(key)[:6],
        lambda key: f"grpc_live_{id_of(key)}",
        lambda key: key,
    ):
        key = issue()
        said = run("revoke", part(key))
        assert row_of(key).refusal == "revoked"
        assert key[-49:] not in said.err + said.out
    first = row_of(key).revoked_at
    run("revoke", id_of(key))
    assert row_of(key).revoked_at == first


def test_a_beginning_of_several_is_none() -> None:
    for number in (1, 2):
        APIKey(id=f"same00000{number}", name="same", environment="live").save()
    with pytest.raises(CommandError, match="Several keys begin with 'same'"):
        run("revoke", "same")


def test_a_key_is_rotated() -> None:
    ada = User.objects.create(username="ada")
    ends = timezone.now() + timedelta(days=90)
    key = issue(name="laptop", user=ada, scopes=["a.*"], rate="5/hour", expires_at=ends)
    said = run("rotate", id_of(key), "--overlap", "2d")
    new, old = row_of(said.out.strip()), row_of(key)
    assert (new.name, new.user, new.scopes, new.rate) == ("laptop", ada, ["a.*"], "5/hour")
    assert old.replaced_by == new
    assert old.refusal == new.refusal == ""
    assert old.expires_at is not None
    assert new.expires_at is not None
    assert timezone.now() + timedelta(days=1) < old.expires_at < timezone.now() + timedelta(days=3)
    assert abs((new.expires_at - new.created_at) - (ends - old.created_at)) < timedelta(seconds=1)
    assert f"replaced by {new.id}" in run("list").out


def test_a_key_ends_no_later_by_its_rotation() -> None:
    ends = timezone.now() + timedelta(hours=1)
    key = issue(expires_at=ends)
    run("rotate", id_of(key))
    assert row_of(key).expires_at == ends


def test_a_key_that_opens_nothing_is_not_rotated() -> None:
    key = issue()
    row_of(key).revoke()
    with pytest.raises(CommandError, match=r"is revoked\. Create a new one"):
        run("rotate", id_of(key))
    assert APIKey.objects.count() == 1


def test_a_key_that_has_been_replaced_is_not_rotated() -> None:
    """Else the new one would end when the overlap does."""
    key = issue()
    new = row_of(run("rotate", id_of(key)).out.strip())
    with pytest.raises(CommandError, match=f"has been replaced by {new.id}. Rotate that one."):
        run("rotate", id_of(key))
    assert APIKey.objects.count() == 2


@pytest.mark.parametrize("command", [["list"], ["create", *MINIMUM], ["revoke", "unknown"]])
def test_a_database_without_the_table_is_one_line(command: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {APIKey._meta.db_table} RENAME TO elsewhere")
    with pytest.raises(CommandError, match=r"^The database does not take it \(.*migrate"):
        run(*command)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90d", timedelta(days=90)),
        ("12H", timedelta(hours=12)),
        ("5m", timedelta(minutes=5)),
        ("30s", timedelta(seconds=30)),
        ("2w", timedelta(weeks=2)),
        ("0d", timedelta()),
    ],
)
def test_periods(text: str, found: timedelta) -> None:
    assert read_period(text) == found


@pytest.mark.parametrize(
    "text", ["", "5", "d", "-1d", "1.5d", "5y", "999999w", "\u0661d", "9" * 50]
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="is no length of time"):
        read_period(text)
