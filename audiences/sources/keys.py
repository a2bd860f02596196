"""The keys of sources, encrypted at rest.

By the first of ``SOURCE_SECRETS``, and read by any of them: docs/sources.md says how to change it.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from audiences.sources.base import SourceError

_SHOWN = 4  # characters of a key, where it has four times as many


def encrypt(key: str) -> str:
    return _box().encrypt(key.encode()).decode() if key else ""


def decrypt(encrypted: str) -> str:
    """The key.

    :raises SourceError: none of the secrets opens it.
    """
    if not encrypted:
        return ""
    try:
        return _box().decrypt(encrypted).decode()
    except InvalidToken as error:
        raise SourceError(
            "key_lost",
            "The key of this source can't be read any more, since the secret of this platform "
            "was changed. Give the source its key again.",
        ) from error


def encrypt_anew(encrypted: str) -> str:
    """The same key, encrypted by the first secret. Raises what ``decrypt`` raises."""
    return encrypt(decrypt(encrypted))


def ending(key: str) -> str:
    """As much of a key as may be shown."""
    return key[-_SHOWN:] if len(key) >= 4 * _SHOWN else ""


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in settings.SOURCE_SECRETS])


def _derived(secret: str) -> bytes:
    """A key for this use alone: who learns it learns nothing of the secret."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"audience platform: source keys")
    return base64.urlsafe_b64encode(derive.derive(secret.encode()))
