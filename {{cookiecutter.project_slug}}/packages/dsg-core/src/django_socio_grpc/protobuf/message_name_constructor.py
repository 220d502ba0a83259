"""How the messages of an action get their names."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from rest_framework.serializers import BaseSerializer

from django_socio_grpc.actions import PartialUpdate
from django_socio_grpc.schema import names
from django_socio_grpc.schema.model import Side


@dataclass
class MessageNameConstructor(ABC):
    """Gives the messages of one action their names: override what yours gives otherwise.

    ``action_request`` and ``action_response`` are what the action declares: a list of fields, a
    serializer class, the name of a message, or nothing. ``request_name`` and ``response_name``
    are the names that it asks for, if it does.
    """

    action_name: str
    service: Any
    action_request: Any
    request_name: str | None
    action_response: Any
    response_name: str | None

    @property
    def service_name(self) -> str:
        return self.service.get_service_name()  # type: ignore[no-any-return]

    @classmethod
    def get_base_name_from_serializer(cls, serializer: type[BaseSerializer[Any]]) -> str:
        """Return the name that all messages of ``serializer`` begin with."""
        return names.base_name(serializer)

    @abstractmethod
    def construct_request_name(self, before_suffix: str = "") -> str:
        """Return the name of the request; ``before_suffix`` goes before its "Request"."""

    @abstractmethod
    def construct_response_name(self, before_suffix: str = "") -> str:
        """Return the name of the response; ``before_suffix`` goes before its "Response"."""

    @abstractmethod
    def construct_request_list_name(self) -> str:
        """Return the name of the message that holds a list of requests."""

    @abstractmethod
    def construct_response_list_name(self) -> str:
        """Return the name of the message that holds a list of responses."""


class DefaultMessageNameConstructor(MessageNameConstructor):
    """The name that the action asks for; else that of its serializer, or service and action.

    "Request" or "Response" ends a name that nobody asked for, "List" goes before it.
    """

    def construct_request_name(self, before_suffix: str = "") -> str:
        return self._name(self.action_request, self.request_name, before_suffix, Side.REQUEST)

    def construct_response_name(self, before_suffix: str = "") -> str:
        return self._name(self.action_response, self.response_name, before_suffix, Side.RESPONSE)

    def construct_request_list_name(self) -> str:
        return self._list_name(self.action_request, self.request_name, Side.REQUEST)

    def construct_response_list_name(self) -> str:
        return self._list_name(self.action_response, self.response_name, Side.RESPONSE)

    def _name(self, source: Any, asked: str | None, word: str, side: Side) -> str:
        match source:
            case _ if asked:
                name = asked
            case str() if source and not ("." in source and word):
                name = source
            case PartialUpdate(serializer=cls):
                name = names.partial_update_message(cls)
            case type():
                base = self.get_base_name_from_serializer(source)
                name = f"{base}{names.serializer_side(side)}"
            case _:
                name = self._action_message(side)
        return names.with_word(name, word, side) if word else name

    def _action_message(self, side: Side) -> str:
        """The name of what is declared in place: its suffix keeps it apart from the other side."""
        request = (self.action_request, self.request_name)
        response = (self.action_response, self.response_name)
        is_request = side is Side.REQUEST
        (mine, _), (other, asked) = (request, response) if is_request else (response, request)
        differs = isinstance(other, list | tuple) and bool(other) and not asked and other != mine
        suffix = side if differs or not mine else names.serializer_side(side)
        return names.action_message(self.service_name, self.action_name, suffix)

    def _list_name(self, source: Any, asked: str | None, side: Side) -> str:
        name = self._name(source, asked, "", side)
        if "." in name:
            name = self._action_message(side)
        # What is called a list by chance, as a serializer may be, is listed like any other.
        by_chance = not asked and isinstance(source, str | type)
        return name if names.is_list(name, side) and not by_chance else names.with_list(name, side)
