"""System checks: another distribution with the same package is found wherever it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import django_socio_grpc

SOURCE = Path(django_socio_grpc.__file__).parent
CODE = """
from django.conf import settings
settings.configure(INSTALLED_APPS=["django_socio_grpc"], DATABASES={})
import django
django.setup()
from django.core.management import call_command
call_command("check")
"""


def distribution(folder: Path, name: str, *, files: bool) -> None:
    """Install what pip would leave of a wheel ``name``, with or without the package itself."""
    metadata = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    record = "django_socio_grpc/__init__.py,,\n" if files else f"{name}.pth,,\n"
    (metadata / "RECORD").write_text(record)


def check(*folders: Path) -> str:
    """Run ``manage.py check`` with these folders in front of ``sys.path``; return its output."""
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_ours_alone_is_fine() -> None:
    assert "System check identified no issues" in check(SOURCE.parent)


def test_another_distribution_in_another_folder(tmp_path: Path) -> None:
    distribution(tmp_path, "django-socio-grpc", files=True)
    text = check(SOURCE.parent, tmp_path)
    assert (
        "(django_socio_grpc.E001) dsg-core and django-socio-grpc are both installed, and both "
        "provide the package django_socio_grpc"
    ) in text
    assert "pip uninstall django-socio-grpc" in text


def test_two_distributions_in_one_folder(tmp_path: Path) -> None:
    """The files of one have overwritten those of the other."""
    shutil.copytree(SOURCE, tmp_path / "django_socio_grpc")
    distribution(tmp_path, "dsg-core", files=True)
    distribution(tmp_path, "django-socio-grpc", files=True)
    assert "dsg-core and django-socio-grpc are both installed" in check(tmp_path)


def test_an_editable_install_beside_another_distribution(tmp_path: Path) -> None:
    """The metadata of an editable install names no package."""
    distribution(tmp_path, "dsg-core", files=False)
    distribution(tmp_path, "django-socio-grpc", files=True)
    assert "dsg-core and django-socio-grpc are both" in check(SOURCE.parent, tmp_path)
