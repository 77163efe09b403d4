"""The second factor: codes of an authenticator app (RFC 6238), each one good once. Pure."""

from __future__ import annotations

import hmac
import io
import re
import time

import pyotp
import segno

_SECONDS = 30
# Clocks of phones are a little wrong, and typing takes a while.
_TOLERATED_STEPS = 1
_ISSUER = "Grija"


def new_secret() -> str:
    """A fresh secret of 160 bits, in base32."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, *, after: int, moment: float | None = None) -> int | None:
    """The time step whose code this is, if it is of now and later than step `after`; else None."""
    digits = re.sub(r"[\s-]", "", code)
    present = int((time.time() if moment is None else moment) // _SECONDS)
    codes = pyotp.TOTP(secret)
    found = None
    for step in range(present - _TOLERATED_STEPS, present + _TOLERATED_STEPS + 1):
        right = hmac.compare_digest(codes.generate_otp(step).encode(), digits.encode(errors="replace"))
        if right and step > after:
            found = step
    return found


def provisioning_uri(secret: str, *, email: str) -> str:
    """What an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def picture(uri: str) -> str:
    """A QR code as an SVG document without scripts or links."""
    out = io.BytesIO()
    segno.make(uri, error="m").save(
        out, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False
    )
    return out.getvalue().decode()
