"""The pictures of customers: asked for once, drawn anew and small, only from platforms that the settings name."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot import avatars
from bot.app import Grija
from bot.avatars import Avatars, stored_avatar
from bot.errors import AttachmentUnavailable, SettingsError
from bot.models import Address
from bot.settings import Settings, read_settings
from bot.store import addresses
from channels.slack_portraits import Portraits
from tests.conftest import until
from tests.platforms.slack import BROKEN, SlackDouble, refused
from tests.platforms.slack_server import ANNA, Desk, OpenDesk
from tests.platforms.telegram import BAD_GATEWAY, TelegramDouble
from tests.samples import PDF, picture
from tests.telegram_bench import hurry, talking

pytest_plugins = ["tests.platforms.slack_fixtures"]


@pytest.fixture(autouse=True)
def _short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    monkeypatch.setattr(avatars, "_REST", 0.01)


def choose(slack: SlackDouble, user: str, content: bytes, *, status: int = 200, host: str = "") -> None:
    """Somebody has chosen a picture for themselves."""
    address = f"{host or slack.url}/avatars/{user}.jpg"
    slack.portraits[user] = (status, content)
    slack.people[user]["profile"] |= {"is_custom_image": True, "image_192": address}


async def asked(grija: Grija, channel: str, account: str, sender: str) -> list[str]:
    """Wait until somebody's picture was asked for; those that are kept."""

    async def settled() -> bool:
        known = await grija.store.read(addresses.find, channel, account, sender)
        waiting = await grija.store.read(addresses.unasked, [channel], but=[], limit=1)
        return known is not None and not waiting

    await until(settled)
    found = await grija.store.read(addresses.find, channel, account, sender)
    assert found is not None
    return await grija.store.read(addresses.avatars, found.customer_id)


async def slacks(desk: Desk) -> list[str]:
    return await asked(desk.grija, "slack", "T1", ANNA)


async def test_the_picture_in_slack_is_kept_small_and_drawn_anew(desk: Desk) -> None:
    secret = b"taken at home"
    choose(desk.slack, ANNA, picture(size=(400, 300), comment=secret))
    await desk.say(ANNA, "hello")
    (kept,) = await slacks(desk)
    content = stored_avatar(desk.grija.settings, kept).read_bytes()
    shown = Image.open(io.BytesIO(content))
    assert (shown.format, shown.size) == ("JPEG", (96, 72))
    assert secret not in content
    assert list((desk.grija.settings.data / "files" / "incoming").iterdir()) == []
    before = len(desk.slack.called("users.info"))
    await desk.say(ANNA, "again")
    await desk.answered("DANNA", 2)
    assert len(desk.slack.called("users.info")) == before, "asked once"


@pytest.mark.parametrize(
    "content",
    [PDF, b"<svg onload=alert(1)>", b"", picture()[:60]],
    ids=["document", "drawing", "nothing", "broken"],
)
async def test_what_is_no_picture_is_not_kept(
    sqlite_desk: OpenDesk, slack: SlackDouble, content: bytes
) -> None:
    choose(slack, ANNA, content)
    async with sqlite_desk() as desk:
        await desk.say(ANNA, "hello")
        assert await slacks(desk) == []


async def test_a_huge_picture_is_not_kept(
    sqlite_desk: OpenDesk, slack: SlackDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(avatars, "_LARGEST", 100)
    choose(slack, ANNA, picture())
    async with sqlite_desk() as desk:
        await desk.say(ANNA, "hello")
        assert await slacks(desk) == []


async def test_an_infected_picture_is_not_kept(sqlite_desk: OpenDesk, slack: SlackDouble) -> None:
    choose(slack, ANNA, picture())
    async with sqlite_desk(antivirus_command="false") as desk:
        await desk.say(ANNA, "hello")
        assert await slacks(desk) == []


async def test_without_a_chosen_picture_slack_is_asked_for_none(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        await desk.say(ANNA, "hello")
        assert await slacks(desk) == []


@pytest.mark.parametrize(
    "host", ["https://evil.example", "http://a.slack-edge.com", "https://evil-slack-edge.com"]
)
async def test_no_other_place_is_asked_for_pictures(
    sqlite_desk: OpenDesk, slack: SlackDouble, host: str
) -> None:
    choose(slack, ANNA, picture(), host=host)
    async with sqlite_desk() as desk:
        portraits = Portraits(desk.channel._workspaces, desk.grija.settings.slack_api_url)
        with pytest.raises(AttachmentUnavailable):
            await portraits.open(Address("a", "c", "slack", "T1", ANNA))


async def test_slack_in_trouble_is_asked_again_and_not_for_ever(
    sqlite_desk: OpenDesk, slack: SlackDouble
) -> None:
    choose(slack, ANNA, picture())
    # The first is the question for the name.
    slack.faults["users.info"] = [BROKEN, BROKEN, refused("ratelimited")]
    async with sqlite_desk() as desk:
        await desk.say(ANNA, "hello")
        assert len(await slacks(desk)) == 1
    slack.people["UCORA"] = {**slack.people[ANNA], "id": "UCORA"}
    async with sqlite_desk() as desk:
        slack.faults["users.info"] = [BROKEN] * 100
        await desk.say("UCORA", "hello")
        assert await asked(desk.grija, "slack", "T1", "UCORA") == []
        assert len(slack.faults["users.info"]) == 100 - 1 - 5


async def test_nobody_is_asked_if_the_settings_say_so(sqlite_desk: OpenDesk, slack: SlackDouble) -> None:
    choose(slack, ANNA, picture())
    async with sqlite_desk(avatars=()) as desk:
        await desk.say(ANNA, "hello")
        await desk.answered("DANNA", 1)
        looking = Avatars(store=desk.grija.store, channels=desk.grija.channels, settings=desk.grija.settings)
        await looking.sweep()
        waiting = await desk.grija.store.read(addresses.unasked, ["slack"], but=[], limit=9)
        assert [address.external_id for address in waiting] == [ANNA]


async def test_telegrams_pictures_are_kept_if_the_settings_say_so(sqlite_settings: Settings) -> None:
    async with TelegramDouble() as telegram:
        ana = telegram.person(42)
        sizes = [ana.file(picture(size=(side, side)), width=side, height=side) for side in (640, 160)]
        telegram.portraits[42] = [sizes]
        telegram.troubles["getUserProfilePhotos"].append(BAD_GATEWAY)
        async with talking(replace(sqlite_settings, avatars=("telegram",)), telegram) as talk:
            ana.write("hello")
            telegram.person(43).write("I show none")
            await talk.quiet()
            (kept,) = await asked(talk.grija, "telegram", str(telegram.bot.id), "42")
            assert stored_avatar(talk.grija.settings, kept).is_file()
            assert await asked(talk.grija, "telegram", str(telegram.bot.id), "43") == []
            assert [call.given["file_id"] for call in telegram.made("getFile")] == [sizes[1]["file_id"]]


async def test_telegrams_pictures_are_not_asked_for_by_themselves(sqlite_settings: Settings) -> None:
    async with TelegramDouble() as telegram, talking(sqlite_settings, telegram) as talk:
        telegram.person(42).write("hello")
        await talk.quiet()
        looking = Avatars(store=talk.grija.store, channels=talk.grija.channels, settings=talk.grija.settings)
        await looking.sweep()
        assert telegram.made("getUserProfilePhotos") == []


def test_a_kept_picture_may_be_lost_from_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        stored_avatar(Settings(data=tmp_path), "0" * 64)


def test_a_strange_platform_in_the_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match="'web' is not one of slack, telegram"):
        read_settings({"GRIJA_AVATARS": "slack,web"})
