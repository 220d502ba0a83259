"""Serializers and messages: rows to messages, messages to data, each compiled once."""

from django_socio_grpc.codec.bindings import (
    NO_ANSWERS,
    UnboundSerializer,
    bind,
    call_messages,
    message_class_for,
)
from django_socio_grpc.codec.convert import CodecError
from django_socio_grpc.codec.decode import Decoder, decoder
from django_socio_grpc.codec.encode import Encoder, encoder

__all__ = [
    "NO_ANSWERS",
    "CodecError",
    "Decoder",
    "Encoder",
    "UnboundSerializer",
    "bind",
    "call_messages",
    "decoder",
    "encoder",
    "message_class_for",
]
