"""One row for each call."""

from typing import ClassVar

from django.db import models


class RequestLog(models.Model):
    """A call that is over. It points to no other table: what it tells of may be deleted."""

    ended = models.DateTimeField(db_index=True)
    service = models.CharField(max_length=200, help_text="With its package.")
    method = models.CharField(max_length=100)
    kind = models.CharField(max_length=16, help_text="unary, or which side streams.")
    code = models.CharField(max_length=20, help_text="The status, such as NOT_FOUND.")
    duration_ms = models.FloatField(help_text="Milliseconds.")
    user = models.CharField(max_length=64, blank=True, help_text="The primary key of who called.")
    peer = models.CharField(max_length=128, blank=True, help_text="Address of client or proxy.")
    request_id = models.CharField(max_length=128, db_index=True)
    trace_id = models.CharField(max_length=32, blank=True)

    objects: ClassVar[models.Manager] = models.Manager()

    class Meta:
        db_table = "grpc_request_log"
        ordering: ClassVar = ["-ended"]
        verbose_name = "request"

    def __str__(self) -> str:
        return f"{self.code} {self.service}/{self.method}"
