"""Channels: one module for each platform. `docs/channels.md` tells how to write one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from aiohttp.web import RouteDef

from bot.errors import AttachmentUnavailable, ClientError
from bot.models import Address, Event, IncomingFile, Message

if TYPE_CHECKING:
    from bot.broker import Broker
    from bot.hub import Hub
    from bot.metrics import Metrics
    from bot.settings import Settings
    from bot.store import Store
    from bot.tokens import VisitorTokens


@dataclass(frozen=True)
class Budget:
    """How much a platform lets us send: messages a second over all addresses and to one address."""

    total_per_second: float
    address_per_second: float


@dataclass(frozen=True)
class ChannelContext:
    """The parts of the server that a channel may use."""

    settings: Settings
    store: Store
    broker: Broker
    tokens: VisitorTokens
    metrics: Metrics


class Channel(ABC):
    """A platform: what comes in goes to `hub.accept`; what goes out it fetches itself from the store, by its seq."""

    name: str

    @abstractmethod
    async def start(self, hub: Hub) -> None:
        """Begin to take messages in and hand them to `hub.accept`."""

    @abstractmethod
    async def stop(self) -> None:
        """Take no more messages in and give everything back; again is harmless."""

    async def close(self) -> None:  # noqa: B027  # most channels have nothing left to do
        """Give back what sending has needed, after the last message; nothing is called after it."""

    def routes(self) -> list[RouteDef]:
        """The HTTP routes of this channel."""
        return []

    @property
    def obstacle(self) -> str:
        """What keeps it from its platform, in one word that can be shown to everybody; empty if nothing does."""
        return ""


class PushingChannel(Channel):
    """A platform that must be written to: each message comes to `send`, in order for each address.

    Failures are tried again with growing pauses, and no more is sent than the `budget` allows.
    """

    budget: Budget = Budget(total_per_second=30, address_per_second=1)

    @abstractmethod
    async def send(self, address: Address, message: Message) -> str:
        """Deliver one message; the platform's id of it.

        Raises DeliveryDelayed (come again in N seconds), DeliveryRefused (never), AddressUnreachable, or any
        other error, which is tried again with growing pauses.
        """

    def pace(self, address: Address) -> float:
        """The least seconds between two messages to this address."""
        return 1 / self.budget.address_per_second

    async def fetch(self, file: IncomingFile) -> AsyncIterator[bytes]:
        """The bytes of a file that came with a message, in pieces; the caller counts them and may stop early.

        Raises, here or while the pieces come: AttachmentUnavailable (never), DeliveryDelayed (come again in N
        seconds), or any other error, which is tried again with growing pauses.
        """
        raise AttachmentUnavailable(f"{self.name} gives out no files")


@runtime_checkable
class Fetches(Protocol):
    """A channel that gives out the files of its messages: every pushing one, and the web widget's."""

    async def fetch(self, file: IncomingFile) -> AsyncIterator[bytes]:
        """As `PushingChannel.fetch`."""
        ...


@runtime_checkable
class Decodes(Protocol):
    """A channel whose platform delivers raw updates: they go to `hub.updates.keep`, and come back here."""

    def decode(self, raw: str) -> Sequence[Event]:
        """What a raw update means, in order; nothing if it is of no interest.

        Pure: the same text always gives the same events, with ids from the platform. Whatever it raises sets
        this update aside for people to see, and only this one.
        """
        ...


@runtime_checkable
class Completes(Protocol):
    """A channel whose platform's updates do not tell everything: what is missing is asked for before the hub has it."""

    async def complete(self, event: Event) -> Event | None:
        """The event with what the platform or the store knows besides; None if it turns out not to be for us.

        The event's ids stay. Called in the order of arrival, one at a time for an account. StoreUnavailable is
        tried again; trouble of the platform is no error: then the event stays as it is.
        """
        ...


@runtime_checkable
class ShowsTyping(Protocol):
    """A pushing channel whose platform can show that somebody types."""

    def show_typing(self, address: Address) -> None:
        """Show it from now on, until the news of the customer say that nobody types, or for a while.

        Returns at once. A courtesy: whatever goes wrong, nobody is told.
        """
        ...


@runtime_checkable
class Portrays(Protocol):
    """A channel whose platform shows pictures of its users."""

    async def portrait(self, address: Address) -> AsyncIterator[bytes]:
        """The picture that a customer shows there, in pieces; the caller counts them and may stop early.

        Raises AttachmentUnavailable if there is none that we may see, or any other error: asked again later.
        """
        ...


@runtime_checkable
class Announces(Protocol):
    """A channel on which the team itself can be told something, at a place that the settings name."""

    @property
    def announced_at(self) -> str:
        """That place, in the platform's words; empty if none is named."""
        ...

    async def announce(self, place: str, text: str) -> None:
        """Say a plain text there, also while customers are not served. DeliveryError if it was not taken."""
        ...


@runtime_checkable
class Notices(Protocol):
    """A channel that tells its customer at once what has become of an event, besides the answer of a turn."""

    def notice(self, event: Event, refused: ClientError | None) -> None:
        """The hub has taken an event in, or refused it: a button that is not on offer any more.

        A courtesy: it neither waits nor fails, and may come again for the same event.
        """
        ...


CHANNELS: dict[str, str] = {
    "web": "channels.web:WebChannel",
    "terminal": "channels.terminal:TerminalChannel",
    "slack": "channels.slack:SlackChannel",
    "telegram": "channels.telegram:TelegramChannel",
}
"""Channel name -> "module:Class", imported only when the channel is in use."""


def in_use(settings: Settings) -> tuple[str, ...]:
    """The channels that a server with these settings has: the widget, and each platform whose token is set."""
    platforms = {
        "telegram": settings.telegram_token,
        "slack": settings.slack_bot_token or settings.slack_client_id,
    }
    return ("web", *(name for name, token in platforms.items() if token))
