"""Fields of serializers that only messages need."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.fields import Field, ReadOnlyField
from rest_framework.relations import SlugRelatedField

from django_socio_grpc.schema.hints import scalar_type


class BinaryField(Field[bytes, Any, bytes, Any]):
    """Bytes, of at most ``max_length``."""

    proto_type = "bytes"
    takes_bytes = True
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


class SlugRelatedConvertedField(SlugRelatedField[Any]):
    """A SlugRelatedField whose value is converted, and has the proto type of the conversion.

        owner = SlugRelatedConvertedField(slug_field="uuid", convert_type=str, read_only=True)

    Without ``convert_type`` it is a SlugRelatedField.
    """

    def __init__(self, *, convert_type: Callable[[Any], Any] | None = None, **kwargs: Any) -> None:
        self.convert_type = convert_type
        if isinstance(convert_type, type):
            self.proto_type = scalar_type(convert_type)
        super().__init__(**kwargs)

    def to_representation(self, obj: Any) -> Any:
        value = super().to_representation(obj)
        convert = self.convert_type
        return value if value is None or convert is None else convert(value)


class PropertyReadOnlyField(ReadOnlyField):
    """What a property gives, of the type that the property ``property_field`` is annotated with.

    A field of a ModelProtoSerializer that names a property is one without being declared.
    """

    def __init__(self, *, property_field: Any, **kwargs: Any) -> None:
        self.property_field = property_field
        super().__init__(**kwargs)
