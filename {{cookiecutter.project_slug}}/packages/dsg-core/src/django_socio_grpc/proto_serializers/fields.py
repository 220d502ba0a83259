"""Fields that only a message can carry as they are."""

from typing import Any, ClassVar

from rest_framework.fields import Field


class BinaryField(Field[bytes, Any, bytes, Any]):
    """Bytes, of at most ``max_length``."""

    proto_type = "bytes"
    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Expected bytes, but got {type}.",
        "max_length": "Ensure this field has no more than {max_length} bytes.",
    }

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        self.max_length = max_length
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> bytes:
        if not isinstance(data, bytes | bytearray | memoryview):
            self.fail("invalid", type=type(data).__name__)
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return bytes(data)

    def to_representation(self, value: Any) -> bytes:
        return bytes(value)
