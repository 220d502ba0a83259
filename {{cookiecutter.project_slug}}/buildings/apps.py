"""Buildings: tall buildings of the world and the temperatures that are measured at them."""

from django.apps import AppConfig


class BuildingsConfig(AppConfig):
    name = "buildings"
