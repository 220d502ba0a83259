"""Whether a serializer class is still what it was: tests patch it, and code changes its Meta."""

from typing import Any

from django_socio_grpc.codec.kept import kept
from django_socio_grpc.codec.static import HOOKS, OPTIONS, is_own

FIELDS = "_declared_fields"
DECIDING = frozenset({*HOOKS, *OPTIONS, "get_attribute", "message"})


class Snapshot:
    """What ``cls``, its own bases and its ``Meta`` were when something was made of them."""

    def __init__(self, cls: type) -> None:
        self._classes = [base for base in cls.__mro__ if is_own(base)]
        metas = getattr(getattr(cls, "Meta", None), "__mro__", ())[:-1]
        for base in self._classes:
            kept(base)  # which is an attribute as well
        self._live = [vars(each) for each in self._classes]
        self._seen = list(map(_attributes, self._classes))
        self._options = [vars(each) for each in metas]
        self._seen_options = [_copied(dict(options)) for options in self._options]

    def holds(self) -> bool:
        """Whether nobody has changed since what decides about fields and messages."""
        if self._options != self._seen_options:
            return False
        if self._live == self._seen:
            return True
        now = list(map(_attributes, self._classes))
        if list(map(_deciding, now)) != list(map(_deciding, self._seen)):
            return False
        self._seen = now  # something else, such as a number of calls
        return True


def _deciding(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: attributes[name] for name in DECIDING & attributes.keys()}


def _attributes(cls: type) -> dict[str, Any]:
    found = dict(vars(cls))
    if FIELDS in found:
        found[FIELDS] = dict(found[FIELDS])
    return found


def _copied(value: Any) -> Any:
    """Return ``value`` with containers of its own, in which later changes do not show."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if type(value) in {list, tuple, set}:
        return type(value)(map(_copied, value))
    return value
