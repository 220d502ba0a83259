"""Questions: the polls of the Django tutorial, asked and answered over gRPC."""

from django.apps import AppConfig


class QuestionsConfig(AppConfig):
    name = "questions"
