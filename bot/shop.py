"""The shop behind the actions, as the server's settings name it."""

from __future__ import annotations

import os

import structlog

from actions.backends import open_shop
from actions.backends.model import Asker, Shop, ShopError, ShopMisconfigured
from actions.shop import use_shop
from bot.errors import SettingsError
from bot.settings import Settings

log = structlog.get_logger(__name__)

# A handful of the demo shop's orders, in different states, for visitors of the demo page to try.
_SAMPLES = ("10001", "10004", "10007", "10010", "10013", "10016", "10019", "10024")


def install(settings: Settings) -> Shop:
    """Open the shop of the settings and let the actions of this process ask it. SettingsError if it is wrong."""
    try:
        shop = open_shop(
            settings.shop_url,
            token=settings.shop_token or None,
            timeout=settings.shop_timeout,
            data=settings.data,
        )
    except ShopMisconfigured as error:
        raise SettingsError(f"GRIJA_SHOP_URL: {error}") from None
    use_shop(shop)
    # The actions are a package of their own that reads the environment; what .env says must reach them too.
    os.environ["GRIJA_SUPPORT_CONTACT"] = settings.support_contact
    return shop


async def sample_orders(shop: Shop, settings: Settings) -> list[dict[str, object]]:
    """Some orders of the demo shop: number, status, items, total. Empty if a real shop is behind the bot."""
    if not settings.shop_url.startswith("demo:"):
        return []
    asker = Asker(channel="web", customer_id="demo-page", verified=False, language="en")
    samples: list[dict[str, object]] = []
    for number in _SAMPLES:
        try:
            order = await shop.find_order(number, asker)
        except ShopError as error:
            log.warning("demo.order_missing", number=number, error=str(error))
            continue
        samples.append(
            {
                "number": order.number,
                "status": order.status.value,
                "items": [f"{item.quantity} × {item.name}" for item in order.items],
                "total": f"{order.total} {order.currency}",
            }
        )
    return samples
