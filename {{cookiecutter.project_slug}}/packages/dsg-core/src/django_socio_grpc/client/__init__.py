"""A client that needs no generated code: of our services, or of any other's.

    from django_socio_grpc import client

    protos = client.protos("questions/grpc/questions.proto")
    reply = await protos.QuestionController.Retrieve("localhost:50051", id=1)
    await client.close()

``client.sync`` is the same without ``await``. ``Client`` and ``SyncClient`` make clients with
channels, credentials and options of their own. Nothing here needs Django's settings.
"""

from django_socio_grpc.client.aio import Client, StreamCall
from django_socio_grpc.client.errors import errors
from django_socio_grpc.client.files import ContractError
from django_socio_grpc.client.messages import EOF
from django_socio_grpc.client.protos import Protos, Stub
from django_socio_grpc.client.sync import SyncClient, SyncStreamCall

__all__ = [
    "EOF",
    "Client",
    "ContractError",
    "Protos",
    "StreamCall",
    "Stub",
    "SyncClient",
    "SyncStreamCall",
    "close",
    "errors",
    "protos",
    "reflect",
    "sync",
]

_client = Client()
protos = _client.protos
reflect = _client.reflect
close = _client.close
sync = SyncClient()
