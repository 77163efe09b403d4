"""Agents who type, as customers on platforms see it."""

from __future__ import annotations

from bot.models import Status
from bot.settings import Settings
from bot.store import addresses, conversations
from channels import ShowsTyping
from channels.slack import SlackChannel
from channels.telegram import TelegramChannel
from tests.conftest import until
from tests.desk_client import signed_in
from tests.desk_seeds import an_agent
from tests.platforms.telegram import TelegramDouble
from tests.telegram_bench import Talk, talking


async def taken(talk: Talk, sender: str, agent_id: str) -> str:
    """The customer's conversation, once the agent has it."""
    account = str(talk.telegram.bot.id)
    address = await talk.grija.store.read(addresses.find, "telegram", account, sender)
    assert address is not None
    current = await talk.grija.store.read(conversations.latest, address.customer_id)
    assert current is not None
    owned = await talk.grija.desk.take(agent_id, current.id, epoch=current.epoch)
    assert owned.status is Status.HUMAN
    return owned.id


async def test_an_agents_typing_is_shown_on_telegram_long_after_the_last_message(
    sqlite_settings: Settings,
) -> None:
    async with TelegramDouble() as telegram, talking(sqlite_settings, telegram) as talk:
        ana, anna = telegram.person(42), an_agent("Anna")
        ana.write("hello")
        await talk.says(ana.chat, "echo: hello")
        channel = talk.grija.channels["telegram"]
        assert isinstance(channel, TelegramChannel)
        # As after a minute of silence: nobody watches this chat any more.
        await channel._typing.stop()
        before = len(telegram.made("sendChatAction"))

        async def shown() -> bool:
            return len(telegram.made("sendChatAction")) > before

        async with signed_in(talk.grija, talk.url, anna) as console, console.socket() as socket:
            key = await taken(talk, "42", anna.id)
            await socket.send(type="watch", conversation=key)
            await socket.send(type="typing", conversation=key, on=True)
            await until(shown)
        assert telegram.made("sendChatAction")[-1].given["chat_id"] in (42, "42")


def test_slack_has_no_sign_for_typing() -> None:
    assert not issubclass(SlackChannel, ShowsTyping)
    assert issubclass(TelegramChannel, ShowsTyping)
