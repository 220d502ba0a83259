"""Models with a field of every kind that a contract has to carry."""

import uuid

from django.db import models


class Author(models.Model):
    """A person who writes."""

    name = models.CharField(max_length=100, help_text="As it is printed on the cover.")
    born = models.DateField(null=True, blank=True)


class Tag(models.Model):
    label = models.SlugField(unique=True)


class Genre(models.TextChoices):
    NOVEL = "novel"
    POEM = "poem"


class Book(models.Model):
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag, blank=True)
    isbn = models.UUIDField(default=uuid.uuid4, unique=True)
    genre = models.CharField(max_length=10, choices=Genre, default=Genre.NOVEL)
    pages = models.PositiveIntegerField(default=1)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    rating = models.FloatField(null=True, blank=True)
    available = models.BooleanField(default=True)
    published = models.DateField(null=True, blank=True)
    opens_at = models.TimeField(null=True, blank=True)
    loan_time = models.DurationField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    extra = models.JSONField(default=dict, blank=True)
    cover = models.BinaryField(default=b"", editable=True)
    note = models.TextField(null=True, blank=True)
