"""The Dockerfile: linted always, built wherever something can build it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BUILDAH = ("buildah", "--storage-driver", "vfs")
TARGETS = ("aio", "sync", "client")


def dockerfile(project: Path) -> str:
    return (project / "Dockerfile").read_text()


def test_the_base_images_are_pinned_by_digest(project: Path) -> None:
    stages = set(re.findall(r" AS (\w+)", dockerfile(project)))
    bases = re.findall(r"^FROM (\S+)", dockerfile(project), re.M)
    pinned = [base for base in bases if base not in stages]
    assert len(pinned) == 2
    assert all(re.search(r":[\d.]+-\S+@sha256:[0-9a-f]{64}$", base) for base in pinned)


def test_there_is_a_target_for_each_image(project: Path) -> None:
    assert set(TARGETS) <= set(re.findall(r" AS (\w+)", dockerfile(project)))


def test_it_runs_as_a_numeric_user_that_is_not_root(project: Path) -> None:
    (user,) = re.findall(r"^USER (\S+)", dockerfile(project), re.M)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_linter_passes(project: Path) -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.prefix, "bin")))
    assert hadolint is not None
    result = subprocess.run([hadolint, project / "Dockerfile"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@pytest.fixture(scope="module")
def build(project: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that builds an image here, but for the target; skips where there is none."""
    if _succeeds("docker", "info"):
        return ["docker", "build", str(project)]
    if shutil.which("buildah") is None:
        pytest.skip("no docker engine answers, and buildah is not installed")
    base = re.findall(r"^FROM (\S+@\S+)", dockerfile(project), re.M)[0]
    substitute = os.environ.get("TEST_BASE_IMAGE", base)
    if not _succeeds(*BUILDAH, "from", "--name", "dsg-template-base", substitute):
        pytest.skip(
            f"no docker engine answers, and buildah cannot get {substitute} "
            "(TEST_BASE_IMAGE names another base image)"
        )
    subprocess.run([*BUILDAH, "rm", "dsg-template-base"], check=True, capture_output=True)
    file = tmp_path_factory.mktemp("images") / "Dockerfile"
    file.write_text(dockerfile(project).replace(base, substitute))
    return [*BUILDAH, "build", "--isolation", "chroot", "--layers", "-f", str(file), str(project)]


def _succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("target", TARGETS)
def test_it_builds(build: list[str], target: str) -> None:
    *command, context = build
    tag = f"dsg-template-test:{target}"
    result = subprocess.run(
        [*command, "--target", target, "--tag", tag, context], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
