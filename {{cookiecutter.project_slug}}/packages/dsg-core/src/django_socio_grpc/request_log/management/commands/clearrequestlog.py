"""``manage.py clearrequestlog``: forgets the calls that are long over."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from django_socio_grpc.request_log.models import RequestLog

BATCH = 5000
"""Rows that are deleted at once: the table is written meanwhile."""


class Command(BaseCommand):
    help = "Deletes the rows of calls that ended more than so many days ago."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=float, default=30, help="default 30; 0 deletes all")

    def handle(self, *args: Any, days: float, **options: Any) -> None:
        if days < 0:
            raise CommandError(f"--days is {days:g}. Give 0 or more.")
        old = RequestLog.objects.filter(ended__lt=timezone.now() - timedelta(days=days))
        deleted = 0
        while keys := list(old.order_by("ended").values_list("pk", flat=True)[:BATCH]):
            deleted += RequestLog.objects.filter(pk__in=keys).delete()[0]
        self.stdout.write(f"Deleted {deleted} rows of calls older than {days:g} days.")
