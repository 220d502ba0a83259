"""Contracts as descriptors, from their text."""

from django_socio_grpc.client.files import in_new_pool
from django_socio_grpc.contract.protoc import descriptor_set
from google.protobuf.descriptor import FileDescriptor


def compile_to_descriptors(text: str) -> FileDescriptor:
    """Return the file with this ``text``, in a pool of its own with all that it imports."""
    return in_new_pool(descriptor_set(text).file)[-1]
