"""Generated modules, read without being imported: what they describe is registered nowhere."""

import ast

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import DecodeError


def contract_in(source: str) -> FileDescriptorProto | None:
    """Return the contract that a ``_pb2`` module was made of, or None if it cannot be told."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="AddSerializedFile"),
                args=[ast.Constant(value=bytes(serialized))],
            ):
                try:
                    return FileDescriptorProto.FromString(serialized)
                except DecodeError:
                    return None
    return None
