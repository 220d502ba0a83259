"""``manage.py load_demo_data``: fills the example apps with real data."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.module_loading import module_has_submodule


class Command(BaseCommand):
    help = (
        "Loads the demo data of each app that has a `demo` module with a `load` function. "
        "It adds what is missing and changes nothing that is there, so it can run again."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for app in apps.get_app_configs():
            if app.module is None or not module_has_submodule(app.module, "demo"):
                continue
            managers = {model.__name__: model._default_manager for model in app.get_models()}
            before = {name: manager.count() for name, manager in managers.items()}
            import_module(f"{app.name}.demo").load()
            for name, manager in managers.items():
                rows = manager.count()
                self.stdout.write(f"{app.label}.{name}: {rows} rows, {rows - before[name]} new")
