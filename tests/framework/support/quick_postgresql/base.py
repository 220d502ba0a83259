"""PostgreSQL as Django has it, but for how tests empty it.

Django truncates all tables after each test that commits, for which PostgreSQL makes new files: it
takes a hundred times as long as to delete the few rows that a test has left.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations


class Operations(DatabaseOperations):
    def sql_flush(
        self,
        style: Any,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        if reset_sequences:
            return super().sql_flush(
                style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade
            )
        # In any order: foreign keys are looked at when the transaction ends.
        return [f"DELETE FROM {self.quote_name(table)}" for table in tables]  # noqa: S608


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = Operations
