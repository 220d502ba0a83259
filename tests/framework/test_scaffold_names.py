"""What ``startservice`` calls the app of a new service."""

import pytest
from django_socio_grpc.management.scaffold.names import plural


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("room booking", "room bookings"),
        ("library", "libraries"),
        ("day", "days"),
        ("box", "boxes"),
        ("news", "news"),
    ],
)
def test_the_plural_of_a_model(words: str, expected: str) -> None:
    assert plural(words) == expected
