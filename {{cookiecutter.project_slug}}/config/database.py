"""``DATABASE_URL`` as Django's dictionary, for the two databases that the project is tested on."""

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.utils import ConnectionHandler

FORMS = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"
CONNECT_SECONDS = 5
POOL_SECONDS = 5
"""How long a call waits for a connection before it is answered UNAVAILABLE."""

NETWORK = {
    "connect_timeout": CONNECT_SECONDS,
    # A server that is gone without a word is noticed within a minute, not after two hours: when
    # nothing comes back (idle, then three probes), and when what was sent is not acknowledged.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}
"""What libpq asks of the network. The query part of DATABASE_URL overrides it."""


def configure(url: str, base_dir: Path, pool_size: int) -> dict[str, Any]:
    """Return the ``DATABASES`` entry of ``url``.

    A relative SQLite file is one of ``base_dir``; ``pool_size`` is for PostgreSQL.

    Raises:
        ImproperlyConfigured: the URL has neither form; the message never shows the password.
    """
    if not url:
        raise _wrong("DATABASE_URL is not set and DEBUG is off")
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        return _sqlite(url, base_dir)
    if scheme in {"postgres", "postgresql"}:
        return _postgresql(url, pool_size)
    raise _wrong(f"DATABASE_URL begins with {scheme!r}")


def check(entry: dict[str, Any]) -> None:
    """Connect once to the database of a ``DATABASES`` entry, and not by its pool.

    A pool tries again in the background, and logs each failure.

    Raises:
        ImproperlyConfigured: there is no connection; one line says why, without the password.
    """
    name = Path(entry["NAME"])
    sqlite = entry["ENGINE"].endswith("sqlite3")
    if sqlite and not name.parent.is_dir():
        raise _unusable(entry, f"there is no folder {name.parent}. Make it")
    options = {key: value for key, value in entry["OPTIONS"].items() if key != "pool"}
    connection = ConnectionHandler({"default": {**entry, "OPTIONS": options}})["default"]
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        fix = "Mend the file" if sqlite else "Start the server, create the database"
        raise _unusable(entry, f"{' '.join(str(error).split()).rstrip('.?')}. {fix}") from error
    finally:
        connection.close()


def _unusable(entry: dict[str, Any], why: str) -> ImproperlyConfigured:
    if entry["ENGINE"].endswith("sqlite3"):
        place = f"sqlite:///{entry['NAME']}"
    else:
        host = ":".join(filter(None, (entry["HOST"], entry["PORT"])))
        place = f"postgresql://{entry['USER']}@{host}/{entry['NAME']}"
    return ImproperlyConfigured(
        f"DATABASE_URL is {place}, and cannot be used: {why}, or correct it "
        "in the environment or in .env."
    )


def _sqlite(url: str, base_dir: Path) -> dict[str, Any]:
    _, separator, name = url.partition(":///")
    if not separator or not name:
        raise _wrong("DATABASE_URL names no SQLite file")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": base_dir / unquote(name),
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            # A transaction that begins as a reader cannot wait for the lock when it turns writer.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        # A file, because tests call real servers that answer from threads of their own, and
        # SQLite's shared in-memory database tells those that the "table is locked".
        "TEST": {"NAME": Path(tempfile.gettempdir(), f"{base_dir.name}-{os.getpid()}.sqlite3")},
    }


def _postgresql(url: str, pool_size: int) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong(f"DATABASE_URL does not parse ({error})") from None
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise _wrong("DATABASE_URL names no database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        # Django leaves the age of pooled connections to the pool, and insists on 0 here.
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **NETWORK,
            **dict(parse_qsl(parts.query)),
            "pool": {
                "min_size": 1,
                "max_size": pool_size,
                "timeout": POOL_SECONDS,
                # After that a lost connection is made anew when a call needs one. By default the
                # pool tries for five minutes, at longer and longer intervals, and a database
                # that is back is not noticed for as long.
                "reconnect_timeout": 2,
            },
        },
    }


def _wrong(what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{what}; it is {FORMS}. Set it in the environment or in .env.")
