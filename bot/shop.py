"""The shop behind the actions, as the server's settings name it, and the pages of the embedded one."""

from __future__ import annotations

import os
from dataclasses import dataclass

import structlog
from aiohttp import hdrs, web

from actions.backends import open_shop
from actions.backends.demo import DemoShop
from actions.backends.demo.pages import NOT_FOUND, not_found
from actions.backends.document import POLICY
from actions.backends.model import NotFound, Orders, Shop, ShopError, ShopMisconfigured, ShopUnavailable
from actions.codes import Codes, use_codes
from actions.mail import MailMisconfigured, open_mailer, use_mailer
from actions.shop import use_shop
from bot.errors import SettingsError, Unavailable
from bot.settings import Settings

log = structlog.get_logger(__name__)

# A handful of the demo shop's orders, in different states, for visitors of the demo page to try, and whose they are.
_SAMPLES = {
    "emma": ("10024", "10025", "10005", "10013"),
    "ania": ("10011", "10007"),
    "eleni": ("10021",),
    "boris": ("10017",),
    "ioana": ("10034",),
}

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # What a link opens is its holder's business only.
    hdrs.CACHE_CONTROL: "no-store",
}


def install(settings: Settings) -> Shop:
    """Open the shop of the settings and let the actions of this process ask it, send mails and make codes.

    SettingsError if one of them is set wrong.
    """
    try:
        mailer = open_mailer(settings.smtp_url, settings.mail_from, settings.data)
        shop = open_shop(
            settings.shop_url,
            token=settings.shop_token or None,
            timeout=settings.shop_timeout,
            data=settings.data,
            mailer=mailer,
            public_url=settings.public_url,
        )
    except ShopMisconfigured as error:
        raise SettingsError(f"GRIJA_SHOP_URL: {error}") from None
    except MailMisconfigured as error:
        raise SettingsError(f"GRIJA_SMTP_URL: {error}") from None
    use_shop(shop)
    use_mailer(mailer)
    use_codes(Codes(settings.data / "codes.sqlite"))
    # The actions are a package of their own that reads the environment; what .env says must reach them too.
    os.environ["GRIJA_SUPPORT_CONTACT"] = settings.support_contact
    return shop


def routes(shop: Shop) -> list[web.RouteDef]:
    """The pages that links of the demo shop open; none if a real shop is behind the bot."""
    if not isinstance(shop, DemoShop):
        return []
    pages = _Pages(shop)
    address = "/shop/{page:invoices|payments|newsletter|passwords}/{name}"
    return [web.get(address, pages.show), web.post(address, pages.press)]


@dataclass(frozen=True)
class _Pages:
    shop: DemoShop

    async def show(self, request: web.Request) -> web.Response:
        """The page of a link; 404 with a page that says so if the link is wrong or too old."""
        try:
            text = await self.shop.show(*_link(request))
        except NotFound:
            return _html(not_found(_language(request)), status=404)
        except ShopUnavailable as error:
            raise _unavailable(error) from None
        return _html(text)

    async def press(self, request: web.Request) -> web.Response:
        """Do what the button is for, then show the page as it is now."""
        try:
            await self.shop.press(*_link(request))
        except NotFound:
            return _html(not_found(_language(request)), status=404)
        except ShopUnavailable as error:
            raise _unavailable(error) from None
        # A page that was reached by a GET can be loaded again without asking to press again.
        return web.Response(status=303, headers={hdrs.LOCATION: request.rel_url.raw_path_qs})


def _unavailable(error: ShopUnavailable) -> Unavailable:
    log.error("shop.page_failed", error=str(error))
    return Unavailable("The shop is not available at the moment.")


def _link(request: web.Request) -> tuple[str, str, str]:
    return request.match_info["page"], request.match_info["name"], request.query.get("key", "")


def _language(request: web.Request) -> str:
    for part in request.headers.get(hdrs.ACCEPT_LANGUAGE, "").split(","):
        language = part.strip()[:2].lower()
        if language in NOT_FOUND:
            return language
    return "en"


def _html(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=_HEADERS)


async def sample_orders(shop: Shop, settings: Settings) -> list[dict[str, object]]:
    """Some orders of the demo shop: number, status, items, total and the customer's e-mail address.

    Empty if a real shop is behind the bot: only the demo shop's people are made up.
    """
    if not isinstance(shop, DemoShop):
        return []
    samples: list[dict[str, object]] = []
    for user_id, numbers in _SAMPLES.items():
        try:
            customer = await shop.find_customer(user_id=user_id)
            orders = {
                order.number: order for order in await shop.ask(Orders(), customer.id, settings.languages[0])
            }
        except ShopError as error:
            log.warning("demo.customer_missing", user_id=user_id, error=str(error))
            continue
        samples += [
            {
                "number": number,
                "status": orders[number].status.value,
                "items": [f"{item.quantity} × {item.name}" for item in orders[number].items],
                "total": f"{orders[number].total} {orders[number].currency}",
                "email": customer.email,
            }
            for number in numbers
            if number in orders
        ]
    return samples
