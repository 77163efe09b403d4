"""Links to pages of the demo shop that open for whoever holds them, for a time: signed, not guessable."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from actions.backends.faults import NotFound
from actions.files import make_once

VALID = timedelta(days=30)
SECRET_BYTES = 32


@dataclass(frozen=True)
class Links:
    """Makes and reads the keys of pages under `public_url`/shop/."""

    secret: bytes
    public_url: str

    def make(self, page: str, name: str, language: str, now: datetime) -> str:
        """Return the address of the page about `name`, in the language, valid for 30 days from now."""
        expires = int((now + VALID).timestamp())
        key = f"{language}.{expires}.{self._signature(page, name, language, expires)}"
        return f"{self.public_url}/shop/{page}/{quote(name, safe='')}?key={quote(key, safe='.')}"

    def read(self, page: str, name: str, key: str, now: datetime) -> str:
        """Return the language of the page. NotFound if the key is not ours, not for this page, or too old."""
        language, _, rest = key.partition(".")
        text, _, signature = rest.partition(".")
        # Bytes: a key with letters that are not ASCII is wrong, not an error.
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise NotFound(page)
        good = self._signature(page, name, language, int(text))
        if not hmac.compare_digest(good.encode(), signature.encode("utf-8", "replace")):
            raise NotFound(page)
        if int(text) < now.timestamp():
            raise NotFound(page)
        return language

    def _signature(self, page: str, name: str, language: str, expires: int) -> str:
        text = "\n".join((page, name, language, str(expires)))
        return hmac.new(self.secret, text.encode("utf-8", "replace"), sha256).hexdigest()


def read_or_make_secret(path: Path) -> bytes:
    """Return the secret in the file; the first to come makes it, readable by its owner only. OSError."""
    make_once(path, secrets.token_bytes(SECRET_BYTES))
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise OSError(f"{path} does not hold {SECRET_BYTES} bytes; remove it to have a new one made")
    return secret
