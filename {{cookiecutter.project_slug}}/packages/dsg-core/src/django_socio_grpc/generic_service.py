"""Services over a queryset and a serializer."""

from inspect import getattr_static
from typing import Any, ClassVar

from django.db.models import Field, Model, QuerySet
from google.protobuf.descriptor import Descriptor
from rest_framework.serializers import BaseSerializer

from django_socio_grpc import pagination, queries
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.concurrency import offload, settled
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.types import model_field_accepts, model_field_type
from django_socio_grpc.service import DefaultFrom, Service


class GenericService(Service):
    """A service over ``queryset``, whose messages are those of ``serializer_class``.

    ``lookup_field`` is the ORM's field (default: the primary key); ``lookup_request_field`` is
    the request's, and defaults to the same name.
    """

    queryset: Any = None
    serializer_class: Any = None
    lookup_field: ClassVar[str | None] = None
    lookup_request_field: ClassVar[str | None] = None
    filter_backends: ClassVar[Any] = DefaultFrom("DEFAULT_FILTER_BACKENDS")
    pagination_class: ClassVar[Any] = DefaultFrom("DEFAULT_PAGINATION_CLASS")
    auto_related: ClassVar[bool] = True
    """Whether List, Retrieve and Stream fetch with their rows what the serializer reads of others
    (docs/performance.md)."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(queryset := getattr_static(cls, "queryset"), QuerySet):
            cls.queryset = queries.FreshQuerySet(queryset)

    @classmethod
    def get_service_name(cls) -> str:
        """``service_name``, else the name of the class without its last "Service"."""
        return cls.service_name or "".join(cls.__name__.rsplit("Service", 1))

    # Objects

    def get_queryset(self) -> QuerySet[Any]:
        """Return the objects that this call is about: ``queryset``, not evaluated before."""
        if self.queryset is None:
            raise ConfigurationError(
                f"{type(self).__name__} has no queryset. Set the attribute 'queryset', "
                "or override 'get_queryset()'."
            )
        return self.queryset.all()  # type: ignore[no-any-return]

    def get_object(self) -> Any:
        """Return the object that the request names.

        Raises:
            NotFound: there is none, or the request's value cannot be one of the field's.
        """
        value, field = self.get_lookup_value(), self.get_lookup_field()
        query: Any = queries.by_key(self, value)
        if query is None:
            queryset = queries.with_related(self, self.filter_queryset(self.get_queryset()))
            query = queries.among(queryset, field, value)
        try:
            instance = query.get(**{field: value})
        except queries.NO_SUCH_OBJECT as exc:
            raise queries.not_found(query.model, value) from exc
        self.check_object_permissions(instance)
        return instance

    def get_lookup_value(self) -> Any:
        """Return what the request says of which object it is about."""
        try:
            return getattr(self.request, self.get_lookup_request_field())
        except AttributeError:
            self.check_lookup(self.request.DESCRIPTOR)
            raise

    def check_lookup(self, request: Descriptor) -> None:
        """Raise ConfigurationError if the message ``request`` has no field to look up by."""
        name = self.get_lookup_request_field()
        if name not in request.fields_by_name:
            known = ", ".join(request.fields_by_name) or "none"
            raise ConfigurationError(
                f"{type(self).__name__}.{self.action} looks its object up by the field {name!r} "
                f"of the request, but {request.name} has no such field. Add it to the request, "
                f"or set lookup_request_field to one that it has: {known}."
            )

    def get_lookup_field(self) -> str:
        """Return the ORM's name of what an object is looked up by: ``pk``, ``author__name``."""
        return self.lookup_field or "pk"

    def get_lookup_request_field(self) -> str:
        """Return the name of the request's field that holds the value."""
        return self.lookup_request_field or self._lookup_column().name

    def get_lookup_fields(self) -> list[FieldDict]:
        """The request of an action that only names an object."""
        column = self._lookup_column()
        return [
            {
                "name": self.get_lookup_request_field(),
                "type": model_field_type(column),
                "accepts": model_field_accepts(column),
            }
        ]

    def _lookup_column(self) -> Field:
        """The column that ``lookup_field`` leads to, over relations if it has to."""
        name = self.get_lookup_field()
        try:
            return queries.key_column(self._model(), name)
        except queries.NoColumn as exc:
            raise ConfigurationError(
                f"{type(self).__name__}.lookup_field is {name!r}, but there is no field "
                f"{exc.step!r} among {', '.join(exc.known) or 'none'}."
            ) from None

    def _model(self) -> type[Model]:
        """Return the model, before there is a call that ``get_queryset()`` might ask about."""
        if (fresh := queries.fresh_queryset(self)) is not None:
            return fresh.model
        if self.queryset is not None:
            return self.queryset.model  # type: ignore[no-any-return]
        meta = getattr(self.get_serializer_class(), "Meta", None)
        return getattr(meta, "model", None) or self.get_queryset().model

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return ``queryset`` as each of ``filter_backends``, of either colour, narrows it."""
        for backend in self.filter_backends:
            queryset = settled(backend().filter_queryset(self.context, queryset, self))
        return queryset

    # Messages

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Return ``serializer_class``. An override may decide by ``self.action``."""
        if self.serializer_class is None:
            raise ConfigurationError(
                f"{type(self).__name__} has no serializer_class. Set the attribute "
                "'serializer_class', or override 'get_serializer_class()'."
            )
        return self.serializer_class  # type: ignore[no-any-return]

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return a serializer that knows this call."""
        kwargs.setdefault("context", self.get_serializer_context())
        return self.get_serializer_class()(*args, **kwargs)

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what the serializers of this call find in their ``context``."""
        return {
            "grpc_request": self.request,
            "grpc_context": self.context,
            "request": self.context,
            "service": self,
        }

    # Pages

    @property
    def paginator(self) -> Any:
        """The paginator of this call, or None if the service has no ``pagination_class``."""
        if "paginator" not in self.__dict__:
            cls = self.pagination_class
            self.__dict__["paginator"] = None if cls is None else cls()
        return self.__dict__["paginator"]

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return one page, or None if the service is not paginated."""
        if self.paginator is None:
            return None
        page = pagination.page_of(self.paginator, queryset, self.context, self)
        if page is None or not isinstance(queryset, queries.PagedRows):
            return page
        return queryset.page(page)

    aget_queryset = offload(get_queryset, overridable=True)
    apaginate_queryset = offload(paginate_queryset, overridable=True)
    aget_object = offload(get_object, overridable=True)
    afilter_queryset = offload(filter_queryset, overridable=True)
    aget_serializer = offload(get_serializer, overridable=True)
