"""Record which template made the project, for ``cruft update``, and print the next commands."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

CONTEXT: dict[str, Any] = json.loads(r"""{{ cookiecutter|tojson }}""")

# Left in the template's folder by its own tools where somebody works on it.
CACHES = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")
# Where this machine keeps its copy of the template: of no use on another.
LOCAL_KEYS = ("_checkout", "_output_dir", "_repo_dir")


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


def write_cruft_file() -> None:
    """Write the ``.cruft.json`` that ``cruft create`` would have written.

    Nothing is written when cruft itself runs, which does it afterwards and tells hooks no
    ``_repo_dir``, or when the template is not the top of a git checkout.
    """
    if "_repo_dir" not in CONTEXT:
        return
    repository = Path(CONTEXT["_repo_dir"]).resolve()
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


for folder in [path for path in Path().rglob("*") if path.name in CACHES]:
    shutil.rmtree(folder, ignore_errors=True)
write_cruft_file()
print(f"""
{CONTEXT["project_name"]} is ready. Next:

  cd {CONTEXT["project_slug"]}
  make run-aio
  make clients        # in a second terminal
""")
