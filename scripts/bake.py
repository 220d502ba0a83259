"""Bake the template as users get it: from the files that git lists, not from what lies around.

``python -m scripts.bake FOLDER`` bakes it with the default answers into ``FOLDER/<slug>``.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.main import cookiecutter

ROOT = Path(__file__).resolve().parent.parent
# What a checkout without git (an unpacked archive) collects while one works in it.
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "build", "__pycache__", ".*_cache", "*.sqlite3*", ".env"
)


def snapshot(destination: Path) -> Path:
    """Copy every file that git tracks or would track, and return ``destination``."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        shutil.copytree(ROOT, destination, ignore=LEFT_OUT)
        return destination
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, destination / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return destination


def bake(template: Path, output: Path, **answers: str) -> Path:
    """Generate a project from ``template`` below ``output`` and return its folder.

    Whatever is not in ``answers`` is the default. Nothing outside ``output`` is written: the
    user's own cookiecutter settings and replay files are not touched.
    """
    output.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as home:
        config = Path(home, "config.yaml")
        config.write_text(f"cookiecutters_dir: {home}/templates\nreplay_dir: {home}/replay\n")
        project = cookiecutter(
            str(template),
            no_input=True,
            extra_context=answers,
            output_dir=str(output),
            config_file=str(config),
        )
    return Path(project)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="replaced if it is there")
    folder: Path = parser.parse_args().folder
    shutil.rmtree(folder, ignore_errors=True)
    with TemporaryDirectory() as temporary:
        project = bake(snapshot(Path(temporary, "template")), folder)
    sys.stdout.write(f"Baked {project}\n")


if __name__ == "__main__":
    main()
