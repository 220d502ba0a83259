"""Taking in a temperature: the part that is the same in the sync and the async service."""

from collections.abc import Mapping
from enum import StrEnum

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ErrorDetail

from buildings.serializers import TemperatureProtoSerializer


class Outcome(StrEnum):
    """What can become of an uploaded temperature; ``UploadReportProtoSerializer`` counts each."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    UNKNOWN_BUILDING = "unknown_building"
    INVALID = "invalid"


def record(serializer: TemperatureProtoSerializer) -> Outcome:
    """Store one temperature if it is valid and new, and say what became of it."""
    if not serializer.is_valid():
        return _outcome_of(serializer.errors)
    try:
        with transaction.atomic():
            serializer.save()
    except IntegrityError:
        # Another client uploaded the same one between the check and the insert.
        return Outcome.DUPLICATE
    return Outcome.RECORDED


def _outcome_of(errors: Mapping[str, list[ErrorDetail]]) -> Outcome:
    if "building" in errors:
        return Outcome.UNKNOWN_BUILDING
    codes = [detail.code for details in errors.values() for detail in details]
    return Outcome.DUPLICATE if codes == ["unique"] else Outcome.INVALID
