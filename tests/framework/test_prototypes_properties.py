"""Whatever the data, copies of fields validate it as DRF's own fields do."""

from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import EverythingSerializer, made_by_drf

CALL = {"request": SimpleNamespace(user="jane")}
ASK_THE_DATABASE = {"author", "labels", "keys", "name", "isbn"}
NAMES = [name for name in EverythingSerializer().fields if name not in ASK_THE_DATABASE]

words = st.sampled_from(
    ["", "a", "ab", "Emma", "a@b.org", "2026-01-01", "12.30", "true", "x" * 10]
)
numbers = st.sampled_from([-1, 0, 1, 9, 10, 2**63, 0.5, True])
values: Any = st.recursive(
    st.none() | words | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xya"), inner),
    max_leaves=6,
)
good = {
    "title": "Emma",
    "text": "abc",
    "point": {"x": 1},
    "points": [{"x": 1, "y": 2}],
    "matrix": [[1.5]],
    "tags": ["a"],
    "options": {"b": 2},
    "several": ["a"],
}


def validated(serializer: Any) -> Any:
    return serializer.is_valid(), serializer.errors, serializer.validated_data


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, values)),
    st.sets(st.sampled_from(sorted(good))),
    st.booleans(),
)
def test_the_same_data_the_same_errors(data: Any, kept: set[str], partial: bool) -> None:
    data = {**data, **{name: good[name] for name in kept}}
    ours, by_drf = (
        EverythingSerializer(data=data, context=CALL, partial=partial) for _ in range(2)
    )
    by_drf.fields = made_by_drf(EverythingSerializer, by_drf)
    assert validated(ours) == validated(by_drf)
    assert list(ours.errors) == list(by_drf.errors)
