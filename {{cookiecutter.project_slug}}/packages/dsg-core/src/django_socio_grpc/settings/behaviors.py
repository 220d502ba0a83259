"""Where a client says what it wants to filter by, and which page it wants."""

from enum import StrEnum


class FilterAndPaginationBehaviorOptions(StrEnum):
    """``STRICT`` ignores the other place; without it both count, and the request wins.

    ``STRUCT`` is a ``google.protobuf.Struct`` in the request, ``MESSAGE`` a message of its own,
    with a typed field for each filter.
    """

    METADATA_STRICT = "METADATA_STRICT"
    REQUEST_STRUCT_STRICT = "REQUEST_STRUCT_STRICT"
    METADATA_AND_REQUEST_STRUCT = "METADATA_AND_REQUEST_STRUCT"
    REQUEST_MESSAGE_STRICT = "REQUEST_MESSAGE_STRICT"
    METADATA_AND_REQUEST_MESSAGE = "METADATA_AND_REQUEST_MESSAGE"

    @property
    def reads_metadata(self) -> bool:
        return self.name.startswith("METADATA")

    @property
    def reads_request(self) -> bool:
        return "REQUEST" in self.name

    @property
    def is_typed(self) -> bool:
        return "MESSAGE" in self.name
