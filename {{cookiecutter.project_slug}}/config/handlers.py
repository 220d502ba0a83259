"""What the server serves: each service in the variant that suits the server that runs."""

from typing import Any

from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from django_socio_grpc.settings import grpc_settings

from buildings.services.building_service import BuildingService
from buildings.services.building_sync_service import BuildingSyncService
from questions.services.question_service import QuestionService
from questions.services.question_sync_service import QuestionSyncService


def grpc_handlers(server: Any) -> None:
    """Register every service with ``server``; with None, for ``manage.py generateproto``.

    Both variants of a service give the same contract, so clients see no difference, and each
    of them runs on either server.
    """
    aio = grpc_settings.GRPC_ASYNC
    questions = AppHandlerRegistry("questions", server)
    questions.register(QuestionService if aio else QuestionSyncService)
    buildings = AppHandlerRegistry("buildings", server)
    buildings.register(BuildingService if aio else BuildingSyncService)
