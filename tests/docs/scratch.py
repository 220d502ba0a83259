"""Pages run in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "{{cookiecutter.project_slug}}"
FRAMEWORK = PROJECT / "packages/dsg-core"
PATIENCE = 100.0


def run_page(page: Path, project: Path) -> "subprocess.CompletedProcess[str]":
    """Run what ``page`` shows in ``project``; both outputs are one text."""
    return subprocess.run(
        [sys.executable, "-m", "tests.docs.runner", str(page), str(project)],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if "DJANGO" not in name},
            "PYTHONPATH": os.pathsep.join([str(FRAMEWORK / "src"), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
