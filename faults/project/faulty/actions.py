"""The fields of the messages of both variants."""

TEXT = [{"name": "text", "type": "string"}]
SECONDS = [{"name": "seconds", "type": "double"}]
FLOOD = [{"name": "size", "type": "int32"}]
IDS = [{"name": "first", "type": "int64"}, {"name": "second", "type": "int64"}]
