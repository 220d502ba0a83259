"""The databases of one run: a SQLite file, and one on a PostgreSQL server where there is one."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql

from benchmarks.contenders import BUILD, CONTENDERS, PROJECT

POSTGRESQL = os.environ.get(
    "BENCH_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
NAME = f"bench_{os.getpid()}"


@contextmanager
def databases() -> Iterator[Mapping[str, str]]:
    """Databases with the questions in them, as URLs by kind. They are gone after the block."""
    file = BUILD / f"{NAME}.sqlite3"
    urls = {"sqlite": f"sqlite://{file}"}
    try:
        with psycopg.connect(POSTGRESQL, autocommit=True, connect_timeout=3) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        urls["postgresql"] = f"{POSTGRESQL.rpartition('/')[0]}/{NAME}"
    except psycopg.OperationalError as error:
        print(f"No PostgreSQL at {POSTGRESQL} (BENCH_POSTGRESQL_URL names another): {error}")
    try:
        for url in urls.values():
            _fill(url)
        yield urls
    finally:
        for path in BUILD.glob(f"{file.name}*"):
            path.unlink()
        if "postgresql" in urls:
            with psycopg.connect(POSTGRESQL, autocommit=True) as admin:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                admin.execute(drop.format(sql.Identifier(NAME)))


def _fill(url: str) -> None:
    ours = CONTENDERS["ours"]
    subprocess.run(
        [str(ours.python), "-m", "bench.fill"], cwd=PROJECT, env=ours.env(url), check=True
    )
