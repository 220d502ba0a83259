"""Exceptions as statuses: what of Django's and the database's errors a client learns."""

import json
import sqlite3
from typing import Any

import pytest
from django.core import exceptions as django
from django.db import DataError, IntegrityError, OperationalError
from django_socio_grpc import exceptions
from django_socio_grpc.adapters.rich_status import violations
from django_socio_grpc.statuses import MAX_DETAILS, to_status, wire_size
from grpc import StatusCode
from rest_framework import exceptions as drf


class StateError(Exception):
    """As psycopg's errors are: with a SQLSTATE."""

    def __init__(self, state: str) -> None:
        super().__init__("secret")
        self.sqlstate = state


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [
        (IntegrityError, "23505", StatusCode.ALREADY_EXISTS),
        (IntegrityError, "23503", StatusCode.FAILED_PRECONDITION),
        (OperationalError, "40001", StatusCode.ABORTED),
        (OperationalError, "40P01", StatusCode.ABORTED),
        (OperationalError, "53300", StatusCode.RESOURCE_EXHAUSTED),
        (OperationalError, "57014", StatusCode.DEADLINE_EXCEEDED),
        (OperationalError, "57P01", StatusCode.UNAVAILABLE),
        (DataError, "22003", StatusCode.INVALID_ARGUMENT),
    ],
)
def test_the_state_says_how_a_call_ends(
    error: type[Exception], state: str, code: StatusCode
) -> None:
    status = to_status(caused(error("secret"), StateError(state)))
    assert status.code is code
    assert "secret" not in status.details
    assert status.traced, "the log needs the reason, which the client does not get"


def test_a_check_that_is_called_unique_is_no_duplicate() -> None:
    error = caused(IntegrityError('violates check constraint "unique_price"'), StateError("23514"))
    assert to_status(error).code is StatusCode.FAILED_PRECONDITION


def test_a_missing_migration_is_a_fault_of_the_server() -> None:
    """Trying again helps a client as little with SQLite as it does with PostgreSQL."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(":memory:").execute("SELECT * FROM nothing")
    status = to_status(caused(OperationalError("no such table"), caught.value))
    assert (status.code, status.unexpected) == (StatusCode.INTERNAL, True)


def test_what_code_tells_the_client_has_no_traceback() -> None:
    assert not to_status(exceptions.NotFound()).traced
    assert not to_status(drf.ValidationError("x")).traced


def test_many_field_errors_are_cut_where_a_client_would_fail_on_them() -> None:
    errors = {f"field_{number}": ["This field is required."] for number in range(300)}
    status = to_status(drf.ValidationError(errors))
    assert len(status.details) <= MAX_DETAILS
    details: dict[str, Any] = json.loads(status.details)
    assert details["field_0"][0]["message"] == "This field is required."
    more = details.pop("non_field_errors")[0]
    assert more["message"] == f"{300 - len(details)} more fields are wrong."


def test_one_long_error_is_cut() -> None:
    details = json.loads(to_status(exceptions.NotFound("x" * 50_000)).details)
    assert details["code"] == "truncated"


def test_the_text_of_an_abort_is_cut() -> None:
    assert (
        len(to_status(exceptions.Abort(StatusCode.ABORTED, "x" * 50_000)).details) == MAX_DETAILS
    )


HTTP = {
    StatusCode.INVALID_ARGUMENT: [400, 406, 411, 413, 414, 415, 417, 422, 431],
    StatusCode.UNAUTHENTICATED: [401, 511],
    StatusCode.PERMISSION_DENIED: [403, 451],
    StatusCode.NOT_FOUND: [404, 410],
    StatusCode.UNIMPLEMENTED: [405, 501, 505],
    StatusCode.DEADLINE_EXCEEDED: [408, 504],
    StatusCode.ABORTED: [409],
    StatusCode.FAILED_PRECONDITION: [412, 423, 424, 428],
    StatusCode.OUT_OF_RANGE: [416],
    StatusCode.RESOURCE_EXHAUSTED: [429, 507],
    StatusCode.INTERNAL: [500, 502],
    StatusCode.UNAVAILABLE: [503],
    StatusCode.UNKNOWN: [402, 418, 200, 999],
}


@pytest.mark.parametrize(("code", "http"), [(code, n) for code in HTTP for n in HTTP[code]])
def test_http_codes_of_rest_framework_s_exceptions(code: StatusCode, http: int) -> None:
    error = drf.APIException("x")
    error.status_code = http
    assert to_status(error).code is code


def test_what_a_model_finds_wrong_is_told_by_field() -> None:
    error = django.ValidationError({"title": ["Too %(how)s."], "__all__": ["Not both."]})
    status = to_status(error)
    assert json.loads(status.details) == {
        "title": [{"message": "Too %(how)s.", "code": "invalid"}],
        "__all__": [{"message": "Not both.", "code": "invalid"}],
    }
    assert [(v.field, v.message) for v in violations(status.errors)] == [
        ("title", "Too %(how)s."),
        ("", "Not both."),
    ]


def test_errors_of_the_whole_are_kept_when_fields_are_cut() -> None:
    errors: dict[str, list[str]] = {"non_field_errors": ["Not today."]}
    errors |= {f"field_{number}": ["This field is required."] for number in range(300)}
    whole = json.loads(to_status(drf.ValidationError(errors)).details)["non_field_errors"]
    assert next(error["message"] for error in whole) == "Not today."
    assert len(whole) == 2


@pytest.mark.parametrize("text", ['"' * 5000, "%" * 5000, "ü" * 5000, "\x00" * 5000])
def test_details_are_cut_by_what_they_take_on_the_wire(text: str) -> None:
    for error in (exceptions.NotFound(text), drf.ValidationError({"name": [text]})):
        assert wire_size(to_status(error).details) <= MAX_DETAILS


@pytest.mark.parametrize("wait", ["soon", float("inf"), None])
def test_a_wait_that_is_no_number_of_seconds_is_left_out(wait: Any) -> None:
    error = drf.APIException("x")
    error.wait = wait  # type: ignore[attr-defined]
    assert to_status(error).wait is None


def test_the_level_is_the_exception_s_own() -> None:
    class Loud(exceptions.GRPCException):
        logging_level = "CRITICAL"

    assert to_status(Loud()).level == "CRITICAL"
    assert to_status(drf.NotFound()).level == "WARNING"
