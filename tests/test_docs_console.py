"""docs/console-protocol.md says what the console's socket and the desk's shapes are."""

from __future__ import annotations

import json
import re

import msgspec

from bot.console import frames, rounds
from bot.errors import FrameInvalid
from bot.models import Author, AuthorKind
from bot.store.shown import QUEUES, Counts, HappeningEntry, HeldEntry, Item, Lists, MessageEntry
from tests import pages
from tests.pages import same

PAGE = "docs/console-protocol.md"


def rows(*headings: str) -> dict[str, list[str]]:
    """The tables below a heading: first cell without backticks, and the names in backticks of the second."""
    found = pages.table(pages.section(PAGE, *headings))
    return {line[0].strip("`"): re.findall(r"`(\w+)`", line[1]) for line in found}


def test_every_frame_that_goes_out_is_described_with_its_fields() -> None:
    item = msgspec.convert(an_item(), Item)
    out = [
        frames.hello(), frames.queue(), frames.conversation("c"), frames.offer(item), frames.offer_ended("h"),
        frames.typing("c", Author(AuthorKind.BOT), True), frames.viewers("c", []), frames.presence(), frames.alerts(),
        frames.mention("c", "Anna"), frames.refused("r"), frames.signed_out("x"),
        frames.error(FrameInvalid("x")), frames.pong(), a_frame_of_lists(),
    ]  # fmt: skip
    written = rows("The socket", "From the server")
    same(set(written), {frame["type"] for frame in out}, PAGE, "types")
    for frame in out:
        assert set(frame) - {"type"} == set(written[frame["type"]]), frame["type"]


def test_every_frame_that_comes_in_is_described_with_its_fields() -> None:
    written = rows("The socket", "From the console")
    kinds = {
        str(kind.__struct_config__.tag): kind
        for kind in (frames.Watch, frames.Types, frames.WantsLists, frames.Ping)
    }
    same(set(written), set(kinds), PAGE, "types")
    for name, kind in kinds.items():
        assert list(kind.__struct_fields__) == written[name], name


def test_the_lists_and_entries_are_those_of_the_server() -> None:
    assert list(rows("Lists"))[: len(QUEUES)] == list(QUEUES)
    written = rows("One conversation")
    for kind in (MessageEntry, HappeningEntry, HeldEntry):
        named = written[str(kind.__struct_config__.tag)]
        missing = set(kind.__struct_fields__) - set(named)
        assert not missing, (kind.__name__, missing)


def a_frame_of_lists() -> dict[str, object]:
    """What goes out with empty lists."""
    lists = Lists(**{name: [] for name in QUEUES}, counts=Counts(**dict.fromkeys(QUEUES, 0)))
    frame: dict[str, object] = json.loads(rounds.lists_frame(lists, {}))
    return frame


def an_item() -> object:
    """The example of an item on the page."""
    (example,) = re.findall(r"```json\n(.*?)```", pages.section(PAGE, "Lists"), re.DOTALL)
    return json.loads(example)


def test_the_example_of_an_item_is_one() -> None:
    found = an_item()
    assert isinstance(found, dict)
    assert set(found) == set(Item.__struct_fields__)
