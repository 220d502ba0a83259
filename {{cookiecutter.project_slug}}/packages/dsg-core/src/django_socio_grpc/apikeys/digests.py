"""What the database has of a key: its HMAC under a pepper, which the database has not.

The secret is 256 random bits, so there is nothing to guess, and a hash that is slow on purpose
would only be a way to keep the server busy.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256

from django.conf import settings
from django.utils.crypto import salted_hmac

from django_socio_grpc.settings import grpc_settings

SALT = "django_socio_grpc.apikeys.pepper"


def peppers() -> Mapping[str, bytes]:
    """Return the peppers by name, the one for new keys first.

    They are those of API_KEY_PEPPERS; without any, one that is derived from SECRET_KEY, and one
    from each of SECRET_KEY_FALLBACKS. A name is made of the pepper and does not give it away.
    """
    given = [text.encode() for text in grpc_settings.API_KEY_PEPPERS] or [
        salted_hmac(SALT, "", secret=secret, algorithm="sha256").digest()
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return {sha256(b"name of " + pepper).hexdigest()[:8]: pepper for pepper in given}


def digest(text: str, pepper: bytes) -> str:
    """Return what is stored of the key ``text``: 64 hexadecimal digits."""
    return hmac.digest(pepper, text.encode(), "sha256").hex()


def new_digest(text: str) -> tuple[str, str]:
    """Return the name of the first pepper, and the digest of ``text`` under it."""
    name, pepper = next(iter(peppers().items()))
    return name, digest(text, pepper)


def matches(text: str, pepper_name: str, stored: str) -> bool:
    """Whether ``stored`` is the digest of ``text``, in the same time whatever it is.

    It is not, if the pepper is gone from the settings.
    """
    known = peppers()
    pepper = known.get(pepper_name)
    found = digest(text, pepper or next(iter(known.values())))
    return hmac.compare_digest(found, stored) and pepper is not None
