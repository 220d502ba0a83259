"""The question of the generated project, and the same behind a database that takes 5 ms."""

from django.db import models
from django.utils import timezone


class Question(models.Model):
    question_text = models.CharField(max_length=200)
    pub_date = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.question_text


class DelayedQuestion(models.Model):
    """A view over the questions: each row of it takes the database 5 ms."""

    question_text = models.CharField(max_length=200)
    pub_date = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "bench_delayedquestion"

    def __str__(self) -> str:
        return self.question_text
