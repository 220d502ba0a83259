"""What a type name in a contract means: a scalar, a map, or a message and the file it is in."""

import re
from collections.abc import Iterator

from google.protobuf import (
    any_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.type import date_pb2

# fmt: off
SCALARS = frozenset({
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64",
    "fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
})
# fmt: on
WELL_KNOWN_FILES = (
    any_pb2.DESCRIPTOR,
    date_pb2.DESCRIPTOR,
    duration_pb2.DESCRIPTOR,
    empty_pb2.DESCRIPTOR,
    field_mask_pb2.DESCRIPTOR,
    struct_pb2.DESCRIPTOR,
    timestamp_pb2.DESCRIPTOR,
    wrappers_pb2.DESCRIPTOR,
)
WELL_KNOWN = {
    descriptor.full_name: file.name
    for file in WELL_KNOWN_FILES
    for descriptor in (*file.message_types_by_name.values(), *file.enum_types_by_name.values())
}
TIMESTAMP = "google.protobuf.Timestamp"
DURATION = "google.protobuf.Duration"
DATE = "google.type.Date"

MAP = re.compile(r"map<\s*(\w+)\s*,\s*([\w.]+)\s*>")
MAP_KEYS = SCALARS - {"double", "float", "bytes"}


def names_in(proto_type: str) -> Iterator[str]:
    """Yield the types that are not scalars: of ``map<string, Answer>`` that is ``Answer``."""
    for name in map_parts(proto_type) or (proto_type,):
        if name not in SCALARS:
            yield name


def map_of(value: str, key: str = "string") -> str:
    """Return the type of a map; ``map_parts`` are its types again."""
    return f"map<{key}, {value}>"


def map_parts(proto_type: str) -> tuple[str, str] | None:
    """Return the types of the keys and values of ``map<string, Answer>``; None if it is no map."""
    match = MAP.fullmatch(proto_type)
    return (match[1], match[2]) if match else None


def file_of(full_name: str) -> str | None:
    """Return the ``.proto`` file to import for a type of another package.

    Types beside the well-known ones are found if their ``_pb2`` module has been imported.
    """
    if full_name in WELL_KNOWN:
        return WELL_KNOWN[full_name]
    pool = descriptor_pool.Default()
    for find in (pool.FindMessageTypeByName, pool.FindEnumTypeByName):
        try:
            return find(full_name).file.name
        except KeyError:
            continue
    return None
