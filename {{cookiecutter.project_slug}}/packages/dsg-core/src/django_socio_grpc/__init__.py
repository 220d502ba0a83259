"""gRPC services for Django, written like Django REST framework views.

The public names live in the modules that readers of the documentation import them from:
``django_socio_grpc.generics``, ``.mixins``, ``.decorators``, ``.proto_serializers``,
``.exceptions`` and ``.services``.
"""

__version__ = "0.1.0"
