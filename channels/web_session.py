"""One open widget socket: hello, then frames in, and everything the store has to say out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from bot import text
from bot.broker import CHANGED, IDLE, QUEUE, TYPING, Subscription, address_topic, customer_topic, desk_topic
from bot.broker.typing import Typed, read_typing, typing_news
from bot.errors import ClientError, FrameInvalid, HelloExpected, StoreUnavailable, Unavailable
from bot.hub import BOT_NAME, Hub
from bot.models import Address, Author, AuthorKind, Conversation, Inbound, Message, Status
from bot.store import Connection, addresses, conversations, places, ratings
from bot.store.places import Shown
from bot.tokens import check_identity
from channels import ChannelContext
from channels import widget_frames as frames
from channels.web_limits import Rate

log = structlog.get_logger(__name__)

_HELLO_SECONDS = 10.0
# A reader that has not taken a frame for so long is closed; it comes back and gets what it missed.
_SEND_SECONDS = 15.0
_CLOSE_SECONDS = 2.0
_BAD_FRAMES = 20
_FRAMES_PER_SECOND = 200

SIGNED = "user:"
"""How the external ids of people begin whom the site has signed."""

End = Callable[[WSCloseCode, str], Awaitable[None]]
"""Ends a socket: code and reason."""


@dataclass(frozen=True)
class Door:
    """What all sessions share."""

    context: ChannelContext
    messages: Rate
    visitors: Rate


@dataclass(frozen=True)
class Visitor:
    """Who is at the other end: the external id of an address, and what the page said of them."""

    id: str
    verified: bool = False
    name: str = ""
    locale: str | None = None


def recognise(
    context: ChannelContext, token: str | None, who: frames.Identity | None, locale: str | None
) -> Visitor | None:
    """Who shows this token, or whom the site has signed; None for somebody new. IdentityInvalid."""
    if who is not None:
        check_identity(
            context.settings.identity_secret,
            site=context.settings.site,
            user_id=who.user_id,
            expires=who.expires,
            signature=who.hmac,
        )
        return Visitor(SIGNED + who.user_id, verified=True, name=who.name, locale=locale)
    known = context.tokens.read(token)
    if known is None or known.startswith(SIGNED):
        # A token proves the same browser, not the same person: without the site's word it opens nobody's history.
        return None
    return Visitor(known, locale=locale)


class Session:
    """Runs one socket until it closes. Nothing of it outlives the socket: the store has all that matters."""

    def __init__(self, socket: web.WebSocketResponse, end: End, *, ip: str, hub: Hub, door: Door) -> None:
        self._socket = socket
        self._end = end
        self._ip = ip
        self._hub = hub
        self._door = door
        self._context = door.context
        self._visitor = Visitor("")
        self._customer_id: str | None = None
        self._conversation_id: str | None = None
        self._status = Status.BOT.value
        self._queue: Shown | None = None
        self._sent_seq = 0
        self._bad_frames = 0
        self._typing = False
        self._types = False
        self._ended = False
        self._frames = Rate(_FRAMES_PER_SECOND, seconds=1, what="frames")
        # An ack goes out before the echo of the same message.
        self._order = asyncio.Lock()

    async def run(self) -> None:
        """Greet, replay, then serve both directions until the socket closes."""
        with self._context.broker.subscribe() as subscription:
            hello = await self._expect_hello()
            if hello is None:
                return
            try:
                await self._welcome(hello, subscription)
            except StoreUnavailable:
                # The widget comes back by itself; it must not take a broken server for an empty history.
                await self._end(WSCloseCode.TRY_AGAIN_LATER, "the store does not answer")
                return
            pusher = asyncio.create_task(self._push(subscription))
            try:
                await self._read(subscription)
            finally:
                # Cancelling alone is not enough: in Python 3.10, wait_for may swallow it.
                self._ended = True
                self._tell_typing(False)
                pusher.cancel()
                await asyncio.gather(pusher, return_exceptions=True)

    async def _expect_hello(self) -> frames.Hello | None:
        deadline = asyncio.get_running_loop().time() + _HELLO_SECONDS
        while True:
            left = deadline - asyncio.get_running_loop().time()
            try:
                data = await asyncio.wait_for(self._socket.receive(), max(0.0, left))
            except asyncio.TimeoutError:
                await self._end(WSCloseCode.POLICY_VIOLATION, "no hello in time")
                return None
            if data.type is not WSMsgType.TEXT:
                if data.type is WSMsgType.BINARY and await self._refuse(FrameInvalid("frames are text")):
                    continue
                return None
            try:
                frame = frames.parse_frame(data.data)
                if isinstance(frame, frames.Hello):
                    self._visitor = self._recognise(frame)
                    return frame
                raise HelloExpected("say hello first")
            except ClientError as problem:
                if not await self._refuse(problem):
                    return None

    def _recognise(self, hello: frames.Hello) -> Visitor:
        known = recognise(self._context, hello.token, hello.identity, hello.locale)
        if known is not None:
            return known
        self._door.visitors.take(self._ip)
        return Visitor(self._context.tokens.new_visitor(), locale=hello.locale)

    async def _welcome(self, hello: frames.Hello, subscription: Subscription) -> None:
        settings = self._context.settings
        self._context.broker.add_topic(subscription, address_topic("web", settings.site, self._visitor.id))
        same = self._context.tokens.read(hello.token) == self._visitor.id
        token = hello.token if same and hello.token else self._context.tokens.issue(self._visitor.id)
        language, seq = None, 0
        address = await self._address()
        if address is not None:
            self._follow(address.customer_id, subscription)
            latest = await self._context.store.read(conversations.latest, address.customer_id)
            if latest is not None:
                language, seq = latest.language, latest.last_seq
                self._status, self._conversation_id = latest.status.value, latest.id
        language = language or _language(hello.locale, settings.languages)
        await self._send(frames.welcome(token=token, seq=seq, status=self._status, language=language))
        # Another token is another history: it is shown from its beginning.
        self._sent_seq = hello.last_seq if same else 0
        if self._sent_seq > seq:
            self._sent_seq = 0
        await self._catch_up()

    async def _read(self, subscription: Subscription) -> None:
        async for data in self._socket:
            if data.type is WSMsgType.TEXT:
                goes_on = await self._take(data.data, subscription)
            else:
                goes_on = await self._refuse(FrameInvalid("frames are text"))
            if not goes_on:
                return

    async def _take(self, data: str, subscription: Subscription) -> bool:
        """Obey one frame or refuse it; False if the socket has been closed for it."""
        client_msg_id: str | None = None
        try:
            self._frames.take("")
            frame = frames.parse_frame(data)
            client_msg_id = frame.client_msg_id if isinstance(frame, (frames.Say, frames.Press)) else None
            await self._obey(frame, subscription)
        except ClientError as problem:
            return await self._refuse(problem, client_msg_id=client_msg_id)
        return True

    async def _obey(self, frame: frames.Frame, subscription: Subscription) -> None:
        if isinstance(frame, (frames.Say, frames.Press)):
            await self._accept(frame, subscription)
        elif isinstance(frame, frames.Ping):
            await self._send(frames.pong())
        elif isinstance(frame, frames.Hello):
            raise FrameInvalid("hello has been said")
        elif isinstance(frame, frames.Typing):
            self._tell_typing(frame.on)
        elif isinstance(frame, (frames.Seen, frames.Rate)) and self._conversation_id is not None:
            await self._note(frame, self._conversation_id)

    async def _accept(self, frame: frames.Say | frames.Press, subscription: Subscription) -> None:
        self._tell_typing(False)
        said = text.checked(frame.text) if isinstance(frame, frames.Say) else ""
        self._door.messages.take(self._visitor.id)
        inbound = Inbound(
            channel="web",
            account=self._context.settings.site,
            # A client's own id is only unique for its visitor.
            event_id=f"{self._visitor.id}/{frame.client_msg_id}",
            sender=self._visitor.id,
            text=said,
            button_id=frame.button_id if isinstance(frame, frames.Press) else None,
            raw=json.dumps(frame.__dict__),
            name=self._visitor.name,
            locale=self._visitor.locale,
            verified=self._visitor.verified,
        )
        async with self._order:
            try:
                accepted = await self._hub.accept(inbound)
            except StoreUnavailable:
                raise Unavailable(
                    "the message could not be stored; it will be taken when you send it again"
                ) from None
            await self._send(
                frames.ack(
                    client_msg_id=frame.client_msg_id, message_id=accepted.message_id, seq=accepted.seq
                )
            )
        self._conversation_id = accepted.conversation_id
        if self._customer_id is None:
            try:
                await self._learn_customer(subscription)
            except StoreUnavailable:
                # The message is accepted; who it is from can be looked up later.
                subscription.put(CHANGED)

    async def _learn_customer(self, subscription: Subscription) -> None:
        address = await self._address()
        if address is not None:
            self._follow(address.customer_id, subscription)
            # What happened between the acceptance and this line was published to nobody.
            subscription.put(CHANGED)

    async def _note(self, frame: frames.Seen | frames.Rate, conversation_id: str) -> None:
        write = self._context.store.write
        try:
            if isinstance(frame, frames.Seen):
                await write(conversations.note_seen, conversation_id, frame.seq)
            else:
                await write(ratings.rate, conversation_id, frame.value, frame.comment)
                self._context.broker.publish(desk_topic(), QUEUE)
        except StoreUnavailable:
            raise Unavailable("this could not be stored; try again later") from None

    async def _push(self, subscription: Subscription) -> None:
        while not self._ended:
            for news in await subscription.next():
                try:
                    await self._tell(news, subscription)
                except StoreUnavailable as problem:
                    log.warning("widget.push_failed", error=str(problem))
                    await self._end(WSCloseCode.TRY_AGAIN_LATER, "the store does not answer")
                    return
                except Exception as error:
                    # A socket on which nothing comes any more would look like a silent bot.
                    log.error("widget.push_failed", error=repr(error), exc_info=True)
                    await self._end(WSCloseCode.INTERNAL_ERROR, "something went wrong on our side")
                    return

    async def _tell(self, news: str, subscription: Subscription) -> None:
        if news in (TYPING, IDLE):
            await self._show_typing(Typed(Author(AuthorKind.BOT, BOT_NAME), news == TYPING))
            return
        typed = read_typing(news)
        if typed is not None:
            # What the customer types in another window is no news to them.
            if typed.author.kind is AuthorKind.AGENT:
                await self._show_typing(typed)
            return
        if self._customer_id is None:
            await self._learn_customer(subscription)
        async with self._order:
            await self._catch_up()

    async def _show_typing(self, typed: Typed) -> None:
        if typed.on or self._typing:
            self._typing = typed.on
            await self._send(frames.typing(typed.author, on=typed.on))

    def _tell_typing(self, on: bool) -> None:
        """Let the people who have the conversation open see that the customer types."""
        if self._customer_id is not None and (on or self._types):
            self._types = on
            author = Author(AuthorKind.CUSTOMER, self._visitor.name)
            self._context.broker.publish(customer_topic(self._customer_id), typing_news(author, on))

    async def _catch_up(self) -> None:
        if self._customer_id is None:
            return
        while True:
            said, latest, queue = await self._context.store.read(_news, self._customer_id, self._sent_seq)
            for message in said:
                await self._send(frames.message(message))
                self._sent_seq = message.seq
                # An answer ends the typing without a frame of its own.
                self._typing = self._typing and message.author.kind is AuthorKind.CUSTOMER
            if len(said) < conversations.PAGE:
                break
        if latest is not None:
            self._conversation_id = latest.id
            if (latest.status.value, queue) != (self._status, self._queue):
                self._status, self._queue = latest.status.value, queue
                await self._send(frames.status(self._status, queue))

    async def _address(self) -> Address | None:
        site = self._context.settings.site
        return await self._context.store.read(addresses.find, "web", site, self._visitor.id)

    def _follow(self, customer_id: str, subscription: Subscription) -> None:
        self._customer_id = customer_id
        self._context.broker.add_topic(subscription, customer_topic(customer_id))

    async def _refuse(self, problem: ClientError, *, client_msg_id: str | None = None) -> bool:
        """Send an error; False, with the socket closed, if there have been too many bad frames."""
        await self._send(frames.error(problem, client_msg_id=client_msg_id))
        # That we are not available is not the customer's fault.
        self._bad_frames += not isinstance(problem, Unavailable)
        if self._bad_frames >= _BAD_FRAMES:
            await self._end(WSCloseCode.POLICY_VIOLATION, "too many bad frames")
            return False
        return True

    async def _send(self, frame: dict[str, Any]) -> None:
        if self._socket.closed:
            return
        try:
            await asyncio.wait_for(
                self._socket.send_str(json.dumps(frame, ensure_ascii=False)), _SEND_SECONDS
            )
        except (ConnectionError, RuntimeError):
            # Gone between the check and the write: the reader notices and ends the session.
            return
        except asyncio.TimeoutError:
            await self._end(WSCloseCode.TRY_AGAIN_LATER, "reader too slow")


async def end_socket(
    socket: web.WebSocketResponse, transport: asyncio.Transport | None, code: int, reason: str
) -> None:
    """Close a socket. Who does not answer in time is cut off; aiohttp would wait until all is read."""
    # A task of its own: after a send that was given up, aiohttp ends the closing as if we were cancelled.
    closing = asyncio.ensure_future(socket.close(code=code, message=reason.encode()))
    await asyncio.wait([closing], timeout=_CLOSE_SECONDS)
    if not closing.done() or closing.cancelled() or closing.exception() is not None:
        closing.cancel()
        if transport is not None:
            transport.abort()


def _news(
    tx: Connection, customer_id: str, seq: int
) -> tuple[list[Message], Conversation | None, Shown | None]:
    said, latest = conversations.messages_after(tx, customer_id, seq), conversations.latest(tx, customer_id)
    waits = latest is not None and latest.status is Status.QUEUED
    return said, latest, places.shown(tx, latest.id) if latest is not None and waits else None


def _language(locale: str | None, languages: tuple[str, ...]) -> str:
    wanted = (locale or "").lower()[:2]
    return wanted if wanted in languages else languages[0]
