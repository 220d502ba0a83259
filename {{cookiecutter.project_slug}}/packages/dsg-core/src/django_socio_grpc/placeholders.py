"""Arguments of an action that are known once it is known which service it is of."""

from collections.abc import Callable, Sequence
from typing import Any


class Placeholder:
    """A value that depends on the service: ``resolve`` gets the service class's instance."""

    def resolve(self, service: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.resolve(service) must return a value.")


class AttrPlaceholder(Placeholder):
    """The value of an attribute of the service."""

    def __init__(self, name: str) -> None:
        self.name = name

    def resolve(self, service: Any) -> Any:
        return getattr(service, self.name)


class FnPlaceholder(Placeholder):
    """What a function of the service returns."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def resolve(self, service: Any) -> Any:
        return self.function(service)


class StrTemplatePlaceholder(Placeholder):
    """``template.format(*values)``; a value is an attribute's name or a function of the service.

    >>> StrTemplatePlaceholder("{}ListRequest", "service_name")
    """

    def __init__(self, template: str, *values: str | Callable[[Any], Any]) -> None:
        self.template = template
        self.values = values

    def resolve(self, service: Any) -> str:
        return self.template.format(
            *(v(service) if callable(v) else getattr(service, v) for v in self.values)
        )


class SelfSerializer(Placeholder):
    """The service's own serializer class."""

    def resolve(self, service: Any) -> Any:
        return service.get_serializer_class()


class LookupField(Placeholder):
    """The one field by which the service looks an object up, with the type of its column."""

    def resolve(self, service: Any) -> Sequence[Any]:
        return service.get_lookup_fields()  # type: ignore[no-any-return]
