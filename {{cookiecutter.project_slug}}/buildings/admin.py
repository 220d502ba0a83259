"""Buildings and their temperatures in the admin."""

from django.contrib import admin

from buildings.models import Building, Temperature


@admin.register(Building)
class BuildingAdmin(admin.ModelAdmin):
    list_display = ["name", "city", "country", "height_m", "floors", "opened"]
    list_filter = ["country"]
    search_fields = ["name", "city"]


@admin.register(Temperature)
class TemperatureAdmin(admin.ModelAdmin):
    list_display = ["building", "celsius", "measured_at"]
    list_filter = ["building"]
    # Thousands of buildings would make a long drop-down list.
    autocomplete_fields = ["building"]
    date_hierarchy = "measured_at"
