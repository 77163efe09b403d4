"""Keys derived from the server's own key, one for each purpose, and text that only this server can read."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import SecretLost

_KEY_BYTES = 32


class Vault:
    """Seals and opens text for one purpose: what was sealed for another purpose does not open."""

    def __init__(self, secret: str, *, purpose: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(derived_key(secret, purpose)))

    def seal(self, text: str) -> str:
        """The text encrypted and signed, in letters that a database column takes."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed; SecretLost if the server has another key now or somebody has changed it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SecretLost("something in the database was encrypted with another GRIJA_SECRET") from None


def derived_key(secret: str, purpose: str) -> bytes:
    """32 bytes that tell nothing about the server's key or about the keys of other purposes."""
    derive = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=f"grija/{purpose}".encode())
    return derive.derive(secret.encode())
