"""Record which template made the project, for ``cruft update``, and print the next commands."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

CONTEXT: dict[str, Any] = json.loads(r"""{{ cookiecutter|tojson }}""")

# Left in the template's folder, which is a Django project that runs, by whoever worked on it.
CACHES = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")
# The same; nobody else may get the secret key and the data that are in them.
PRIVATE = (".env", ".venv", "db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal")
# What this machine alone knows, or what follows from the other answers.
LOCAL_KEYS = (
    "_checkout",
    "_output_dir",
    "_repo_dir",
    "_template",
    "__given_slug",
    "__safe_slug",
)


def git(repository: Path, *arguments: str) -> str | None:
    """Return what ``git`` prints, or None when it fails or is not installed."""
    try:
        result = subprocess.run(
            ["git", "-C", str(repository), *arguments], capture_output=True, text=True
        )
    except OSError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def without_credentials(url: str) -> str:
    """Return ``url`` without a user and password: the file is committed."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def find_template(given: str) -> Path | None:
    """Return the folder of the template, or None where it cannot be told.

    ``given`` may be relative to where cookiecutter was started, which no hook is told: hooks run
    in the new project. That is most often the output folder, one above it, or ``$PWD``.
    """
    output = Path(CONTEXT["_output_dir"])
    for start in (output, *output.parents, Path(os.environ.get("PWD", output))):
        folder = (start / given).resolve()
        if (folder / "cookiecutter.json").is_file() and (folder / "hooks").is_dir():
            return folder
    return None


def write_cruft_file() -> None:
    """Write the ``.cruft.json`` that ``cruft create`` would have written.

    Nothing is written when cruft itself runs, which does it afterwards and tells hooks no
    ``_repo_dir``, or when the template is not the top of a git checkout.
    """
    if "_repo_dir" not in CONTEXT:
        return
    repository = find_template(CONTEXT["_repo_dir"])
    if repository is None:
        return
    top = git(repository, "rev-parse", "--show-toplevel")
    commit = git(repository, "rev-parse", "HEAD")
    if top is None or commit is None or Path(top).resolve() != repository:
        return
    origin = git(repository, "remote", "get-url", "origin")
    answers = {key: value for key, value in CONTEXT.items() if key not in LOCAL_KEYS}
    record = {
        "template": without_credentials(origin) if origin else str(repository),
        "commit": commit,
        "checkout": CONTEXT.get("_checkout") or None,
        "context": {"cookiecutter": answers},
        "directory": None,
    }
    Path(".cruft.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def remove(path: Path) -> None:
    """Remove a file, a folder, or nothing."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


for name in PRIVATE:
    remove(Path(name))
for cache in [path for path in Path().rglob("*") if path.name in CACHES]:
    remove(cache)
write_cruft_file()
print(f"""
{CONTEXT["project_name"]} is ready. Next:

  cd {CONTEXT["project_slug"]}
  make run-aio
  make demo-data clients    # in a second terminal, in the same folder
""")
