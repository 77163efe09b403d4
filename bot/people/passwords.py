"""Passwords: argon2id, the same work for every attempt, whether there is an account or not."""

from __future__ import annotations

import asyncio
import base64
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import PasswordRefused

SHORTEST = 12
LONGEST = 256
_DIFFERENT = 5
# Each takes 64 MiB and all of a core.
_AT_ONCE = 2

T = TypeVar("T")


class Passwords:
    """Hashes and verifies in threads, a few at once. The default hasher has RFC 9106's second parameters (64 MiB)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
        self._nobodys = _impossible(self._hasher)
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await self._work(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether this is the password. With None (there is no account) the same work is done, for nothing."""
        return await self._work(lambda: self._matches(kept, password))

    def _matches(self, kept: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(kept or self._nobodys, _normal(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    async def _work(self, work: Callable[[], T]) -> T:
        async with self._slots:
            return await asyncio.to_thread(work)


def check_password(password: str, *, email: str, name: str) -> None:
    """Return if a new password is good enough; PasswordRefused says what is wrong with it."""
    if len(password) < SHORTEST:
        raise PasswordRefused(f"a password needs {SHORTEST} characters or more")
    if len(password) > LONGEST:
        raise PasswordRefused(f"a password has {LONGEST} characters at most")
    if len(set(password)) < _DIFFERENT:
        raise PasswordRefused(f"a password needs {_DIFFERENT} different characters or more")
    lowered = password.lower()
    for known in (email.lower(), email.lower().partition("@")[0], name.lower()):
        # What is left without it must be long enough by itself.
        if known and known in lowered and len(lowered.replace(known, "")) < SHORTEST // 2:
            raise PasswordRefused("a password must not be made of your name or e-mail address")


def _normal(password: str) -> bytes:
    # Keyboards and systems write "é" in two ways.
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


def _impossible(hasher: PasswordHasher) -> str:
    """A hash with the hasher's own costs that no password has been made into."""
    salt, tag = (
        base64.b64encode(bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    made = f"$argon2id$v=19${costs}${salt}${tag}"
    extract_parameters(made)
    return made
