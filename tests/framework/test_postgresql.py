"""The tests that use the database once more, on PostgreSQL, where one is found running."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def uses_the_database(path: Path) -> bool:
    """Whether ``path`` does: one that unblocks it alone has a PostgreSQL of its own."""
    return "django_db" in path.read_text().replace("django_db_blocker", "")


OTHERS = {*HERE.glob("test_*.py")} - {Path(__file__)}
FILES = sorted(map(str, filter(uses_the_database, OTHERS)))
PARTS = 6
"""They run beside each other, where there are several cores."""


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="all of this run is on DATABASE_URL")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_the_same_on_postgresql(postgresql: str, part: int) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *FILES[part::PARTS]],
        cwd=HERE.parent.parent,
        env={**os.environ, "DATABASE_URL": postgresql},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed is not None
    assert int(passed[1]) > 10
    assert Path(__file__).name not in result.stdout  # nothing waits for another such run
