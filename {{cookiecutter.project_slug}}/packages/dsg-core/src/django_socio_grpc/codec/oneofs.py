"""Which field of a oneof a row sets, where several have a value."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor

EMPTY = ("", b"", 0)
"""What a column that cannot be null has in place of null."""


def oneofs_of(descriptor: Descriptor) -> list[tuple[str, ...]]:
    """Return the names of the fields of each oneof that has several."""
    oneofs = (tuple(field.name for field in oneof.fields) for oneof in descriptor.oneofs)
    return [names for names in oneofs if len(names) > 1]


def choose(values: dict[str, Any], oneofs: Sequence[tuple[str, ...]]) -> None:
    """Leave, of each oneof, only one of ``values``, which are in their wire form.

    It is the one that is not None, else the first that is not empty.
    """
    for names in oneofs:
        held = [name for name in names if values.get(name) is not None]
        if len(held) > 1:
            chosen = next((name for name in held if values[name] not in EMPTY), None)
            values.update((name, None) for name in held if name != chosen)
