"""Messages as Slack takes them: posts within its limits, buttons as blocks, the App Home. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.models import AuthorKind, Button, Message
from bot.text import clean
from channels.slack_deliveries import ACTION_PREFIX
from channels.slack_markup import escaped

Block = dict[str, Any]

LONGEST_TEXT = 3000
"""Characters of one post, escaped: the limit of a block's text, below the 4,000 of a post."""

LONGEST_TITLE = 75
METADATA_TYPE = "grija_message"
_BUTTONS_PER_BLOCK = 25
_HOME_MESSAGES = 20
_HOME_TEXT = 500


@dataclass(frozen=True)
class Post:
    """The arguments of one chat.postMessage, without where it goes. `part` counts the posts of a message from 0."""

    part: int
    text: str
    metadata: Mapping[str, Any]
    blocks: tuple[Block, ...] = field(default=())


def posts(message: Message, account: str) -> list[Post]:
    """A message as one post, or as several if it is too long for one; its buttons stand below the last.

    A person who answers is named in bold above the text: else customers would not know who speaks.
    """
    pieces = split(_under_name(message))
    return [
        Post(
            part=number,
            text=piece,
            metadata=metadata(message.id, number),
            blocks=_with_buttons(piece, message, account) if number == len(pieces) - 1 else (),
        )
        for number, piece in enumerate(pieces)
    ]


def metadata(message_id: str, part: int) -> dict[str, Any]:
    """By what we know our own posts again: Slack keeps it with the post and shows it to nobody."""
    return {"event_type": METADATA_TYPE, "event_payload": {"message_id": message_id, "part": part}}


def part_of(post: Mapping[str, Any], message_id: str) -> int | None:
    """Which part of a message a post from a channel's history is; None if it is none."""
    given = post.get("metadata")
    payload = given.get("event_payload") if isinstance(given, dict) else None
    if not isinstance(payload, dict) or payload.get("message_id") != message_id:
        return None
    part = payload.get("part")
    return part if isinstance(part, int) else None


def split(text: str, longest: int = LONGEST_TEXT) -> list[str]:
    """A plain text as escaped pieces that Slack takes: cut at paragraphs, lines or words where there are any."""
    pieces: list[str] = []
    rest = text.strip() or " "
    while rest:
        cut = _cut(rest, longest)
        pieces.append(escaped(rest[:cut].rstrip()) or "\u200b")
        rest = rest[cut:].lstrip()
    return pieces


def home(messages: Iterable[Message], texts: Mapping[str, str]) -> dict[str, Any]:
    """The App Home: the customer's conversation, newest last. `texts` has its words in the customer's language."""
    latest = list(messages)[-_HOME_MESSAGES:]
    blocks: list[Block] = [_header(texts["title"]), _context(texts["how"]), {"type": "divider"}]
    for message in latest:
        blocks += _of_home(message, texts)
    if not latest:
        blocks.append(_section(escaped(texts["empty"])))
    return {"type": "home", "blocks": blocks}


def _of_home(message: Message, texts: Mapping[str, str]) -> list[Block]:
    mine = message.author.kind is AuthorKind.CUSTOMER
    who = texts["you"] if mine else message.author.name or texts["we"]
    said = message.text if len(message.text) <= _HOME_TEXT else message.text[:_HOME_TEXT].rstrip() + " …"
    said = texts["deleted"] if message.deleted_at else said or "…"
    when = f"<!date^{int(message.sent_at.timestamp())}^{{date_short_pretty}} {{time}}|{message.sent_at:%Y-%m-%d %H:%M}>"
    return [_context_mrkdwn(f"{escaped(who)} · {when}"), _section(escaped(said))]


def _under_name(message: Message) -> str:
    # An asterisk would end the bold print.
    name = " ".join(clean(message.author.name).replace("*", "").split())
    if message.author.kind is not AuthorKind.AGENT or not name:
        return message.text
    return f"*{name}*\n{message.text}"


def _with_buttons(piece: str, message: Message, account: str) -> tuple[Block, ...]:
    if not message.buttons:
        return ()
    rows = [
        message.buttons[at : at + _BUTTONS_PER_BLOCK]
        for at in range(0, len(message.buttons), _BUTTONS_PER_BLOCK)
    ]
    # The first row's name tells a press where it belongs; the others need one of their own.
    names = [
        f"{ACTION_PREFIX}{account}:{message.id}" + (f"-{number}" if number else "")
        for number in range(len(rows))
    ]
    actions = [_actions(name, row) for name, row in zip(names, rows, strict=True)]
    return (_section(piece), *actions)


def _actions(name: str, buttons: Sequence[Button]) -> Block:
    elements = [
        {
            "type": "button",
            "action_id": f"{ACTION_PREFIX}{button.id}",
            "value": button.id,
            "text": {"type": "plain_text", "text": _short(button.title), "emoji": False},
        }
        for button in buttons
    ]
    return {"type": "actions", "block_id": name, "elements": elements}


def _short(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"


def _section(mrkdwn: str) -> Block:
    # Verbatim: Slack makes no links or calls of its own out of what stands there.
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def _context_mrkdwn(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def _cut(text: str, longest: int) -> int:
    """Where the first piece of a text ends so that it fits when it is escaped."""
    if len(escaped(text)) <= longest:
        return len(text)
    end = _fitting(text, longest)
    for gap in ("\n\n", "\n", " "):
        found = text.rfind(gap, end // 2, end)
        if found > 0:
            return found
    return end


def _fitting(text: str, longest: int) -> int:
    low, high = 1, longest
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(escaped(text[:middle])) <= longest else (low, middle - 1)
    return low
