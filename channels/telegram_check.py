"""Is Telegram set up right, and what is to be clicked if not: a part of `python -m bot check`."""

from __future__ import annotations

from telegram import User, WebhookInfo
from telegram.error import TelegramError

from bot.errors import SettingsError
from bot.settings import Settings
from channels.telegram_client import TelegramBot, close_bot, is_about_the_token, open_bot, told
from channels.telegram_intake import WEBHOOK_PATH


async def look(settings: Settings) -> str:
    """What Telegram says about the bot, a line each. SettingsError if it cannot work, with what to do."""
    if not settings.telegram_token:
        return "not in use; GRIJA_TELEGRAM_TOKEN is not set (docs/channels/telegram.md)"
    bot = open_bot(settings)
    try:
        return "\n     ".join(await _lines(bot, settings))
    except TelegramError as error:
        if is_about_the_token(error):
            raise SettingsError(
                "Telegram does not know this GRIJA_TELEGRAM_TOKEN; in @BotFather send /mybots, choose your bot, "
                "click “API Token” and copy it"
            ) from None
        raise SettingsError(
            f"{settings.telegram_api_url} does not answer as it should: {told(error, settings)}"
        ) from None
    finally:
        await close_bot(bot)


async def _lines(bot: TelegramBot, settings: Settings) -> list[str]:
    me, hook = await bot.get_me(), await bot.get_webhook_info()
    return [f"@{me.username}, https://t.me/{me.username}", *_way_in(settings, hook), *_groups(me)]


def _way_in(settings: Settings, hook: WebhookInfo) -> list[str]:
    waiting = f"{hook.pending_update_count} updates wait at Telegram"
    if not settings.telegram_webhook_secret:
        if hook.url:
            return [
                f"polling; {waiting}; the webhook {hook.url} of former times is removed when the server starts"
            ]
        return [f"polling; {waiting}"]
    wanted = settings.public_url.rstrip("/") + WEBHOOK_PATH
    if hook.url != wanted:
        now = f"now it is {hook.url}" if hook.url else "now there is none"
        return [f"the webhook {wanted} is set when the server starts ({now}); {waiting}"]
    if hook.last_error_message and hook.pending_update_count:
        raise SettingsError(
            f"Telegram cannot deliver to {wanted}: {hook.last_error_message}; {waiting}. The address must be reachable "
            "from the internet on port 443, 80, 88 or 8443 with a valid certificate, and lead to this server"
        )
    return [f"webhook {wanted}; {waiting}"]


def _groups(me: User) -> list[str]:
    lines = []
    if me.can_join_groups is False:
        lines.append(
            "cannot be added to groups; if it should be: @BotFather, /setjoingroups, your bot, “Enable”"
        )
    elif me.can_read_all_group_messages:
        lines.append(
            "privacy mode is off: Telegram sends us all that is said in groups, and we let it go; better: "
            "@BotFather, /setprivacy, your bot, “Enable”, then take the bot out of its groups and add it again"
        )
    else:
        lines.append("privacy mode is on, as it should be: in groups it sees only what is meant for it")
    return lines
