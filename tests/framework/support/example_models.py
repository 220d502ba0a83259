"""The models that the documented examples name. They live in the tables of ``library``."""

from typing import Any, ClassVar

from django.db import models


class Example(models.Model):
    id: Any
    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True
        app_label = "library"


class Building(Example):
    name = models.CharField(max_length=100)


class Temperature(Example):
    celsius = models.FloatField()


class User(Example):
    name = models.CharField(max_length=100)


class Event(Example):
    user_id = models.IntegerField()
    type = models.CharField(max_length=20)
    data = models.TextField()


class Log(Example):
    message = models.TextField()
    level = models.CharField(max_length=10)


class Message(Example):
    text = models.TextField()
    user_id = models.IntegerField()
