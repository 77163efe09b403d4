"""Signed visitor tokens and signed customer identities."""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path

from bot.errors import IdentityInvalid, SettingsError

_LIFETIME = 180 * 24 * 3600
_VERSION = "v1"
_KEY_BYTES = 32


class VisitorTokens:
    """Issues and reads tokens `v1.<visitor>.<expires>.<signature>`; only the server can make one.

    The visitor's id has 128 random bits (or is the signed user id of the embedding site), so nobody can guess
    somebody else's conversation, and a token of another site or key is worth nothing.
    """

    def __init__(self, secret: str, *, site: str) -> None:
        self._key = secret.encode()
        self._site = site

    def new_visitor(self) -> str:
        """A fresh anonymous visitor id."""
        return secrets.token_urlsafe(16)

    def issue(self, visitor: str) -> str:
        """A token for a visitor, good for 180 days."""
        body = f"{_VERSION}.{_encode(visitor.encode())}.{int(time.time()) + _LIFETIME}"
        return f"{body}.{self._sign(body)}"

    def read(self, token: str | None) -> str | None:
        """The visitor of a genuine, unexpired token; None for anything else."""
        body, _, signature = (token or "").rpartition(".")
        if not body or not hmac.compare_digest(signature.encode(errors="replace"), self._sign(body).encode()):
            return None
        _, visitor, expires = body.split(".")
        return _decode(visitor) if int(expires) > time.time() else None

    def _sign(self, body: str) -> str:
        text = f"{self._site}|{body}".encode(errors="replace")
        return _encode(hmac.new(self._key, text, hashlib.sha256).digest())


def check_identity(secret: str, *, site: str, user_id: str, expires: int, signature: str) -> None:
    """Return if a site has signed this identity for now; IdentityInvalid if not.

    The signature is the hexadecimal HMAC-SHA256 of `user_id|site|expires` under the shared secret.
    """
    if not secret:
        raise IdentityInvalid("this server accepts no identities; GRIJA_IDENTITY_SECRET is not set")
    text = f"{user_id}|{site}|{expires}".encode(errors="replace")
    expected = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
        raise IdentityInvalid("the identity's signature is wrong")
    if expires <= time.time():
        raise IdentityInvalid("the identity has expired")


def read_or_make_secret(folder: Path) -> str:
    """The server's own key, kept in a file that only its owner can read; made on first use.

    All who call this at once, in any process, get the same key. SettingsError if the file holds none.
    """
    path = folder / "secret.key"
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        # Locked, so that nobody reads an empty file that another process is about to fill.
        fcntl.flock(file, fcntl.LOCK_EX)
        key = file.read().strip()
        if not key:
            key = secrets.token_hex(_KEY_BYTES).encode()
            file.write(key + b"\n")
            file.flush()
            os.fsync(file.fileno())
    # A damaged key must stop the start: with a short one, others could sign tokens.
    if len(key) < 2 * _KEY_BYTES or not key.isalnum():
        raise SettingsError(f"{path} holds no key; delete it, and visitors begin new conversations")
    return key.decode()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
