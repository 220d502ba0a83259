"""``python -m bench.fill``: an empty database gets its tables and 10,000 questions."""

import os
from datetime import UTC, datetime, timedelta

import django
from django.core.management import call_command

ROWS = 10_000
FIRST = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    django.setup()
    from bench.models import Question

    call_command("migrate", verbosity=0)
    Question.objects.bulk_create(
        Question(
            question_text=f"Question {number}: how many calls a second?",
            pub_date=FIRST + timedelta(minutes=number),
        )
        for number in range(1, ROWS + 1)
    )


if __name__ == "__main__":
    main()
