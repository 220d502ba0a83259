"""One model with a column of each kind that a client can fill with nonsense."""

from django.db import models


class Sample(models.Model):
    """What the bad inputs try to write."""

    class Grade(models.TextChoices):
        LOW = "LOW"
        HIGH = "HIGH"

    name = models.CharField(max_length=200)
    text = models.TextField(blank=True, default="")
    small = models.SmallIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)
    ratio = models.FloatField(default=0)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    at = models.DateTimeField(null=True, blank=True)
    day = models.DateField(null=True, blank=True)
    grade = models.CharField(max_length=4, choices=Grade, default=Grade.LOW)
    data = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
