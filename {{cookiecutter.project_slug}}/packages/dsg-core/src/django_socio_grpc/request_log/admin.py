"""The rows in the admin site, to be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from django_socio_grpc.request_log.models import RequestLog


@admin.register(RequestLog)
class RequestLogAdmin(admin.ModelAdmin):
    """Nobody adds to a log or changes it; to clear it is a command's business."""

    list_display = ("ended", "service", "method", "code", "duration_ms", "user", "request_id")
    list_filter = ("code", "kind", "service")
    search_fields = ("=request_id", "=trace_id", "=user")
    date_hierarchy = "ended"
    # To count all rows of a large table takes seconds.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
