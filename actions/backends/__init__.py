"""The shop behind the actions, chosen by a URL. Drivers are imported only when they are opened."""

from __future__ import annotations

from pathlib import Path

from actions.backends.model import Shop, ShopMisconfigured


def open_shop(
    url: str = "demo://",
    *,
    token: str | None = None,
    timeout: float = 5.0,
    data: Path = Path("var"),
) -> Shop:
    """Return the shop that `url` names; nothing is connected or created before its first use.

    `demo://` is the embedded demo shop in `data`/shop.sqlite; `http://` and `https://` are a shop that keeps
    docs/shop-api.md, asked with the bearer `token`, at most `timeout` seconds a request.
    Raises ShopMisconfigured.
    """
    if timeout <= 0:
        raise ShopMisconfigured(f"the shop's time-out must be more than 0 seconds, not {timeout:g}")
    scheme = url.partition("://")[0].lower()
    if url.rstrip("/").lower() == "demo:":
        from actions.backends.demo import DemoShop

        return DemoShop(data / "shop.sqlite")
    if scheme in ("http", "https"):
        from actions.backends.http import HttpShop

        return HttpShop(url, token=token, timeout=timeout)
    raise ShopMisconfigured(f"the shop's address must be demo://, http://… or https://…, not {url!r}")
