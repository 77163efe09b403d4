"""One open console socket: frames in, news out. Truth is in the store: a frame only says what to fetch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from bot.api import ANSWERING, SUPERVISING, Caller
from bot.broker import Broker, Subscription
from bot.console import frames
from bot.console.news import News
from bot.console.rounds import Rounds
from bot.console.typing import AgentTyping
from bot.console.viewers import Viewers, Window
from bot.console.watching import Watching
from bot.errors import ClientError, FrameInvalid, NotSignedIn, StoreUnavailable, Unavailable, Unknown
from bot.people.live import SIGNED_OUT
from bot.people.sessions import Sessions
from bot.store import Store, relations
from channels.web_limits import Rate

log = structlog.get_logger(__name__)

# A reader that has not taken a frame for so long is closed; it comes back and asks for everything.
_SEND_SECONDS = 15.0
_BAD_FRAMES = 20
_FRAMES_PER_SECOND = 30
# A page tells again and again that somebody types; without that they have stopped, whatever became of the page.
_TYPING_SECONDS = 8.0

Close = Callable[[int, str], Awaitable[None]]
"""Closes a socket: code and reason."""


@dataclass(frozen=True)
class Room:
    """What all sockets share."""

    store: Store
    rounds: Rounds
    broker: Broker
    sessions: Sessions
    viewers: Viewers
    typing: AgentTyping


class Session:
    """Runs one socket of a signed-in agent until it closes."""

    def __init__(self, socket: web.WebSocketResponse, close: Close, *, caller: Caller, room: Room) -> None:
        self._socket = socket
        self._close = close
        self._agent = caller.agent
        self._digest = caller.session
        self._room = room
        self._window = Window(self._agent.id, self._agent.name, self._viewers_changed)
        self._watching: Watching | None = None
        self._frames = Rate(_FRAMES_PER_SECOND, seconds=1, what="frames")
        self._bad_frames = 0
        self._silence: asyncio.TimerHandle | None = None
        self._news: News | None = None
        self._ended = False

    async def run(self) -> None:
        """Greet, then serve both directions until the socket closes."""
        with self._room.broker.subscribe() as subscription:
            room = self._room
            news = News(
                room.store,
                room.rounds,
                subscription,
                self._window,
                session=self._digest,
                supervises=self._agent.role in SUPERVISING,
                send=self.send,
            )
            news.follow(room.broker)
            self._news = news
            pusher = asyncio.create_task(self._push(subscription, news))
            try:
                await self._read()
            finally:
                # Cancelling alone is not enough: in Python 3.10, wait_for may swallow it.
                self._ended = True
                pusher.cancel()
                news.close()
                await self._leave()
                await asyncio.gather(pusher, return_exceptions=True)

    async def sign_out(self, reason: str) -> None:
        """Tell the page that its session has ended, and close."""
        await self.send(frames.signed_out(reason))
        await self._close(SIGNED_OUT, reason)

    async def send(self, frame: dict[str, Any] | bytes) -> None:
        """Send a frame, or one that is JSON already; nothing happens if the socket has gone.

        Who does not read is closed.
        """
        if self._socket.closed:
            return
        try:
            data = frame if isinstance(frame, bytes) else msgspec.json.encode(frame)
            await asyncio.wait_for(self._socket.send_frame(data, WSMsgType.TEXT), _SEND_SECONDS)
        except (ConnectionError, RuntimeError):
            # Gone between the check and the write: the reader notices and ends the session.
            return
        except asyncio.TimeoutError:
            await self._close(WSCloseCode.TRY_AGAIN_LATER, "reader too slow")

    async def _push(self, subscription: Subscription, news: News) -> None:
        try:
            await self.send(frames.hello())
            await news.begin()
            while not self._ended:
                for item in await subscription.next():
                    await self._tell(item, news)
        except NotSignedIn:
            await self.sign_out("signed_out")
        except StoreUnavailable as problem:
            log.warning("console.push_failed", error=str(problem))
            await self._close(WSCloseCode.TRY_AGAIN_LATER, "the store does not answer")
        except Exception as error:
            # A socket on which nothing comes any more would look like a quiet desk.
            log.error("console.push_failed", error=repr(error), exc_info=True)
            await self._close(WSCloseCode.INTERNAL_ERROR, "something went wrong on our side")

    async def _tell(self, item: str, news: News) -> None:
        if item != _VIEWERS:
            await news.tell(item)
        elif self._window.conversation is not None:
            shown = self._window.conversation
            await self.send(frames.viewers(shown, self._room.viewers.of(shown)))

    async def _read(self) -> None:
        async for data in self._socket:
            try:
                if data.type is not WSMsgType.TEXT:
                    raise FrameInvalid("frames are text")
                self._frames.take("")
                await self._obey(frames.parse_frame(data.data))
            except StoreUnavailable:
                await self.send(frames.error(Unavailable("this is not possible at the moment")))
            except ClientError as problem:
                await self.send(frames.error(problem))
                self._bad_frames += not isinstance(problem, Unknown)
                if self._bad_frames >= _BAD_FRAMES:
                    await self._close(WSCloseCode.POLICY_VIOLATION, "too many bad frames")
                    return

    async def _obey(self, frame: frames.Frame) -> None:
        caller = await self._room.sessions.by_digest(self._digest)
        # Asked for each frame: who has lost the session or the role is out, also if nobody has told us.
        if caller is None or caller.agent.role not in ANSWERING:
            await self.sign_out("signed_out")
        elif isinstance(frame, frames.Ping):
            await self.send(frames.pong())
        elif isinstance(frame, frames.WantsLists):
            self._want_lists(frame.on)
        elif isinstance(frame, frames.Watch):
            await self._watch(frame.conversation)
        else:
            await self._type(frame)

    def _want_lists(self, on: bool) -> None:
        if self._news is not None:
            self._news.want_lists(on)

    async def _watch(self, conversation_id: str | None) -> None:
        await self._leave()
        if conversation_id is None:
            return
        customer_id = await self._room.store.read(relations.customer_of, conversation_id)
        if customer_id is None:
            raise Unknown("there is no such conversation")
        self._watching = Watching(conversation_id, customer_id, self._room.broker, self.send)
        self._room.viewers.watch(self._window, conversation_id)

    async def _leave(self) -> None:
        """Have no conversation open any more."""
        self._typed_off()
        self._room.viewers.watch(self._window, None)
        if self._watching is not None:
            await self._watching.close()
            self._watching = None

    async def _type(self, frame: frames.Types) -> None:
        watching = self._watching
        if watching is None or frame.conversation != watching.conversation_id:
            raise FrameInvalid("watch the conversation first")
        if not frame.on:
            self._typed_off()
            return
        if self._silence is not None:
            self._silence.cancel()
        self._silence = asyncio.get_running_loop().call_later(_TYPING_SECONDS, self._typed_off)
        self._room.viewers.type(self._window, True)
        await self._room.typing.begin(self._agent, watching.conversation_id, watching.customer_id)

    def _typed_off(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        if self._window.typing and self._watching is not None:
            self._room.viewers.type(self._window, False)
            self._room.typing.end(self._agent, self._watching.customer_id)

    def _viewers_changed(self) -> None:
        if self._news is not None:
            self._news.put(_VIEWERS)


# News of our own making, in a row with those of the broker so that frames go out one after the other.
_VIEWERS = "viewers"
