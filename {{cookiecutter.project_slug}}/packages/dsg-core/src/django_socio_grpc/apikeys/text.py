"""The text of a key, and whether a text is one.

    grpc_live_<10 characters of id>_<43 of secret><6 of checksum>

The beginning lets a person, and a scanner of sources, see what it is. The checksum lets a server
refuse a text that was never a key without asking the database.
"""

import secrets
import string
from dataclasses import dataclass, field
from zlib import crc32

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID, SECRET, CHECKSUM = 10, 43, 6
"""Characters of each part. 43 of 62 kinds are 256 bits; 6 are the 32 bits of a CRC."""

LONGEST = 512
"""Characters that a text may have to be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """A text that has the shape of a key, and its checksum. ``repr`` does not show it."""

    id: str
    text: str = field(repr=False)


def generate(prefix: str, environment: str) -> KeyText:
    """Return a new key, ``<prefix>_<environment>_...``, of 256 random bits."""
    key_id = "".join(secrets.choice(ALPHABET) for _ in range(ID))
    secret = _base62(int.from_bytes(secrets.token_bytes(32)), SECRET)
    body = f"{beginning(prefix, environment)}{key_id}_{secret}"
    return KeyText(id=key_id, text=body + _checksum(body))


def parse(text: str, prefix: str, environment: str) -> KeyText | None:
    """Return ``text`` if it may be a key of this ``prefix`` and ``environment``, else None."""
    start = beginning(prefix, environment)
    if len(text) != len(start) + ID + 1 + SECRET + CHECKSUM or not text.startswith(start):
        return None
    key_id, _, rest = text.removeprefix(start).partition("_")
    characters = key_id + rest
    # ``isalnum`` alone would take the letters of every script.
    if len(key_id) != ID or not (characters.isascii() and characters.isalnum()):
        return None
    if _checksum(text[:-CHECKSUM]) != text[-CHECKSUM:]:
        return None
    return KeyText(id=key_id, text=text)


def beginning(prefix: str, environment: str) -> str:
    """What the keys of an environment begin with."""
    return f"{prefix}_{environment}_"


def _checksum(body: str) -> str:
    return _base62(crc32(body.encode()), CHECKSUM)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
