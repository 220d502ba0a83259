"""Buildings, and the temperatures that are measured at them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Building(models.Model):
    """A building that stands somewhere in the world."""

    name = models.CharField(max_length=120, help_text="Name, unique in its city.")
    address = models.CharField(max_length=200, help_text="Street and number.")
    city = models.CharField(max_length=80)
    country = models.CharField(max_length=80)
    height_m = models.FloatField(
        validators=[MinValueValidator(1.0)],
        help_text="Height in metres, from the ground to the architectural top.",
    )
    floors = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1)], help_text="Number of floors above ground."
    )
    opened = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1)], help_text="Year in which it opened."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["name", "city"], name="building_once_per_city")
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"


class Temperature(models.Model):
    """The temperature of the air at a building, at one moment."""

    building = models.ForeignKey(
        Building, models.CASCADE, related_name="temperatures", help_text="Id of the building."
    )
    # The limits are a little beyond the coldest and the hottest air measured on earth.
    celsius = models.FloatField(
        validators=[MinValueValidator(-95.0), MaxValueValidator(65.0)],
        help_text="Degrees Celsius, from -95 to 65.",
    )
    measured_at = models.DateTimeField(help_text="When it was measured, with its time zone.")

    class Meta:
        ordering = ["measured_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["building", "measured_at"], name="temperature_once_per_moment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.celsius:.1f} °C at {self.measured_at:%Y-%m-%d %H:%M}"
