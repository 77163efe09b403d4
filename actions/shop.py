"""Which shop the actions ask: the one the server has installed, or else the one the environment names."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from actions.backends import DEFAULT_PUBLIC_URL, open_shop
from actions.backends.model import Shop, ShopMisconfigured
from actions.mail import MailMisconfigured, current_mailer

_lock = Lock()
_shop: Shop | None = None


def use_shop(shop: Shop | None) -> None:
    """Let the actions of this process ask `shop`; None goes back to the environment. Closes nothing."""
    global _shop
    with _lock:
        _shop = shop


def current_shop() -> Shop:
    """Return the installed shop, or else open and keep the environment's. Raises ShopMisconfigured."""
    global _shop
    with _lock:
        if _shop is None:
            _shop = shop_from_environment()
        return _shop


def shop_from_environment() -> Shop:
    """Open the shop of GRIJA_SHOP_URL, _TOKEN and _TIMEOUT (and GRIJA_DATA, GRIJA_PUBLIC_URL). ShopMisconfigured."""
    seconds = os.environ.get("GRIJA_SHOP_TIMEOUT") or "5"
    try:
        timeout = float(seconds)
    except ValueError:
        raise ShopMisconfigured(f"GRIJA_SHOP_TIMEOUT must be a number of seconds, not {seconds!r}") from None
    try:
        mailer = current_mailer()
    except MailMisconfigured as error:
        raise ShopMisconfigured(str(error)) from None
    return open_shop(
        os.environ.get("GRIJA_SHOP_URL") or "demo://",
        token=os.environ.get("GRIJA_SHOP_TOKEN") or None,
        timeout=timeout,
        data=Path(os.environ.get("GRIJA_DATA") or "var"),
        mailer=mailer,
        public_url=os.environ.get("GRIJA_PUBLIC_URL") or DEFAULT_PUBLIC_URL,
    )
