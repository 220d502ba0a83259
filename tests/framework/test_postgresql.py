"""The tests that use the database once more, on PostgreSQL, where one is found running."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(
    str(path)
    for path in HERE.glob("test_*.py")
    if "django_db" in path.read_text() and path != Path(__file__)
)


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="all of this run is on DATABASE_URL")
@pytest.mark.timeout(1200)
def test_the_same_on_postgresql(postgresql: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *FILES],
        cwd=HERE.parent.parent,
        env={**os.environ, "DATABASE_URL": postgresql},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed is not None
    assert int(passed[1]) > 100
    assert "skipped" not in result.stdout.splitlines()[-1]
