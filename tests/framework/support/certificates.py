"""Certificates for one test run, made by the openssl program."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The paths of a private key and of its certificate."""

    key: Path
    chain: Path

    @property
    def pair(self) -> tuple[Path, Path]:
        return self.key, self.chain

    def replace(self, other: "Certificate") -> None:
        """Let these files be what those of ``other`` are, one after the other."""
        for own, new in zip(self.pair, other.pair, strict=True):
            substitute(own, new.read_bytes())


def substitute(path: Path, content: bytes) -> None:
    """Replace ``path`` in one step, so that whoever reads it sees the old or the new."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)


def issue(
    folder: Path, name: str, issuer: Certificate | None = None, names: str = "IP:127.0.0.1"
) -> Certificate:
    """Make a certificate for ``names`` in ``folder``; without an issuer, of an authority."""
    made = Certificate(key=folder / f"{name}.key", chain=folder / f"{name}.pem")
    command = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-keyout", str(made.key), "-out", str(made.chain)]
    if issuer is None:
        command += ["-addext", "keyUsage=critical,keyCertSign"]
    else:
        command += ["-CA", str(issuer.chain), "-CAkey", str(issuer.key)]
        command += ["-addext", "basicConstraints=critical,CA:FALSE"]
        command += ["-addext", f"subjectAltName={names}"]
    subprocess.run(command, check=True, capture_output=True)
    return made


def lock(key: Path, path: Path) -> Path:
    """Write ``key`` to ``path`` with a password."""
    command = ["openssl", "pkcs8", "-topk8", "-in", str(key), "-out", str(path)]
    subprocess.run([*command, "-passout", "pass:sesame"], check=True, capture_output=True)
    return path


def need_openssl() -> None:
    """Skip the test where there is no openssl that can issue certificates by ``req -CA``."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program, which makes the certificates")
    version = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True)
    if version.stdout.split()[1].partition(".")[0] < "3":
        pytest.skip(f"openssl 3 is needed to make certificates, not {version.stdout.strip()}")
