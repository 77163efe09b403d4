"""The shop behind the actions, chosen by a URL. Drivers are imported only when they are opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from actions.backends.model import Shop, ShopMisconfigured

if TYPE_CHECKING:
    from actions.mail import Mailer

DEFAULT_PUBLIC_URL = "http://localhost:8080"


def open_shop(
    url: str = "demo://",
    *,
    token: str | None = None,
    timeout: float = 5.0,
    data: Path = Path("var"),
    mailer: Mailer | None = None,
    public_url: str = DEFAULT_PUBLIC_URL,
) -> Shop:
    """Return the shop that `url` names; nothing is connected or created before its first use.

    `demo://` is the embedded demo shop in `data`/shop.sqlite, which sends its mails through `mailer` and whose links
    begin with `public_url`; `http://` and `https://` are a shop that keeps docs/shop-api.md, asked with the bearer
    `token`, at most `timeout` seconds a request. Raises ShopMisconfigured.
    """
    if timeout <= 0:
        raise ShopMisconfigured(f"the shop's time-out must be more than 0 seconds, not {timeout:g}")
    scheme = url.partition("://")[0].lower()
    if url.rstrip("/").lower() == "demo:":
        from actions.backends.demo import DemoShop

        return DemoShop(data / "shop.sqlite", mailer=mailer, public_url=public_url)
    if scheme in ("http", "https"):
        from actions.backends.http import HttpShop

        return HttpShop(url, token=token, timeout=timeout)
    raise ShopMisconfigured(f"the shop's address must be demo://, http://… or https://…, not {url!r}")
