import django.utils.timezone
from django.db import migrations, models

VIEW = """
CREATE VIEW bench_delayedquestion AS
SELECT question.* FROM bench_question AS question
CROSS JOIN LATERAL (SELECT pg_sleep(0.005) WHERE question.id > 0) AS delay
"""


def create_view(apps, editor):
    # SQLite cannot sleep: the workload is for PostgreSQL alone.
    if editor.connection.vendor == "postgresql":
        editor.execute(VIEW)


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("question_text", models.CharField(max_length=200)),
                ("pub_date", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RunPython(create_view, migrations.RunPython.noop),
    ]
