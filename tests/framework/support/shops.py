"""Apps in folders of their own, for the tests of ``generateproto``."""

import itertools
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from django_socio_grpc.settings import grpc_settings
from library.models import Tag
from rest_framework import serializers

_counter = itertools.count()


class TagProtoSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class TagService(generics.AsyncModelService):
    """Words that describe books."""

    queryset = Tag.objects.all()
    serializer_class = TagProtoSerializer


class TagSyncService(generics.ModelService):
    """The same for the sync server."""

    service_name = "Tag"
    queryset = Tag.objects.all()
    serializer_class = TagProtoSerializer


class Shop:
    """An app in a folder of its own, in which a hook registers services."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.label = f"shop{next(_counter)}"
        self.folder = root / self.label
        self.folder.mkdir()
        (self.folder / "__init__.py").touch()
        self.sync: list[type] = [TagSyncService]
        self.aio: list[type] = [TagService]
        self.printed = ""

    def hook(self, server: Any) -> None:
        registry = AppHandlerRegistry(self.label, server)
        for cls in self.aio if grpc_settings.GRPC_ASYNC else self.sync:
            registry.register(cls)

    @property
    def proto(self) -> Path:
        return self.folder / "grpc" / f"{self.label}.proto"

    def run(self, *args: str, **settings: Any) -> str:
        out = StringIO()
        with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": self.hook, **settings}):
            try:
                call_command("generateproto", *args, stdout=out)
            finally:
                self.printed = out.getvalue()
        return self.printed

    def error(self, *args: str, **settings: Any) -> str:
        with pytest.raises(CommandError) as caught:
            self.run(*args, **settings)
        return str(caught.value)

    def files(self) -> dict[str, str]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_text()
            for path in self.folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


def declare(base: type, **fields: str) -> type:
    """A subclass of the service with the action Lend, which takes these fields."""
    declared: list[FieldDict] = [{"name": name, "type": kind} for name, kind in fields.items()]
    action = grpc_action(request=declared)(lambda self, request, context: None)
    return type(base.__name__, (base,), {"service_name": "Tag", "Lend": action})
