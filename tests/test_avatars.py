"""The pictures of customers: asked for now and then, drawn anew and small, from platforms that the settings name."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from bot import avatars
from bot.app import Grija
from bot.attachments import files_of
from bot.avatars import Avatars, stored_avatar
from bot.errors import AttachmentUnavailable, SettingsError
from bot.models import Address, now
from bot.settings import Settings, read_settings
from bot.store import addresses
from bot.store.tables import address as address_table
from channels import slack_workspaces
from channels.slack_portraits import Portraits
from tests.conftest import until
from tests.platforms.slack import BROKEN, Fault, SlackDouble, refused
from tests.platforms.slack_deliveries import callback
from tests.platforms.slack_server import ANNA, BORIS, Desk, OpenDesk
from tests.platforms.telegram import BAD_GATEWAY, TelegramDouble
from tests.samples import PDF, picture
from tests.telegram_bench import hurry, talking

pytest_plugins = ["tests.platforms.slack_fixtures"]

LONG_AGO = addresses.AVATAR_LASTS + timedelta(minutes=1)
LATELY = addresses.AVATAR_LASTS - timedelta(minutes=1)


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


async def asked_before(grija: Grija, time: timedelta) -> None:
    """Everybody's picture was asked for so long ago."""
    values = {"avatar_asked_at": now() - time}
    await grija.store.write(lambda tx: tx.execute(sa.update(address_table).values(**values)))


async def heard(desk: Desk, text: str, count: int) -> None:
    """Anna writes, and it is taken: she has so many answers."""
    await desk.say(ANNA, text)
    await desk.answered("DANNA", count)


def questions(slack: SlackDouble) -> int:
    return len(slack.called("users.info"))


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


async def test_an_old_picture_is_asked_for_again_with_the_next_message(desk: Desk) -> None:
    choose(desk.slack, ANNA, picture(size=(400, 300)))
    await desk.say(ANNA, "hello")
    (first,) = await slacks(desk)
    choose(desk.slack, ANNA, picture(size=(300, 400)))
    before = questions(desk.slack)
    await asked_before(desk.grija, LATELY)
    await heard(desk, "again", 2)
    assert await slacks(desk) == [first]
    assert questions(desk.slack) == before
    await asked_before(desk.grija, LONG_AGO)
    assert await slacks(desk) == [first], "nobody is asked about who does not write"
    await heard(desk, "after a month", 3)
    (second,) = await slacks(desk)
    assert questions(desk.slack) == before + 1
    shown = Image.open(io.BytesIO(stored_avatar(desk.grija.settings, second).read_bytes()))
    assert shown.size == (72, 96)

    async def gone() -> bool:
        return not files_of(desk.grija.settings).path(first).exists()

    await until(gone)


async def test_a_picture_that_is_taken_away_is_not_shown_any_more(desk: Desk) -> None:
    choose(desk.slack, ANNA, picture())
    await desk.say(ANNA, "hello")
    assert len(await slacks(desk)) == 1
    desk.slack.people[ANNA]["profile"]["is_custom_image"] = False
    await asked_before(desk.grija, LONG_AGO)
    await heard(desk, "again", 2)
    assert await slacks(desk) == []


async def test_a_replaced_picture_that_somebody_else_shows_too_stays(
    sqlite_desk: OpenDesk, slack: SlackDouble
) -> None:
    for user in (ANNA, BORIS):
        choose(slack, user, picture())
    async with sqlite_desk() as desk:
        await desk.say(ANNA, "hello")
        await desk.say(BORIS, "hello")
        (shared,) = await asked(desk.grija, "slack", "T1", BORIS)
        assert await slacks(desk) == [shared]
        choose(slack, ANNA, picture(size=(30, 40)))
        await asked_before(desk.grija, LONG_AGO)
        await heard(desk, "again", 2)
        assert await slacks(desk) != [shared]
        await desk.settle()
    assert stored_avatar(desk.grija.settings, shared).is_file()


@pytest.mark.parametrize("trouble", [BROKEN, refused("invalid_auth")])
async def test_a_platform_in_trouble_takes_no_picture_away(
    sqlite_desk: OpenDesk, slack: SlackDouble, monkeypatch: pytest.MonkeyPatch, trouble: Fault
) -> None:
    monkeypatch.setattr(slack_workspaces, "_TOKEN_REST", 0.01)
    choose(slack, ANNA, picture())
    async with sqlite_desk() as desk:
        await desk.say(ANNA, "hello")
        (kept,) = await slacks(desk)
        before = questions(slack)
        slack.faults["users.info"] = [trouble] * 5
        await asked_before(desk.grija, LONG_AGO)
        await heard(desk, "again", 2)
        assert await slacks(desk) == [kept]
        # A refused token uses up no try: it is asked until the token is right.
        assert questions(slack) == before + (5 if trouble is BROKEN else 6)


@pytest.mark.parametrize("kind", ["user_change", "user_profile_changed"])
async def test_slacks_word_of_a_change_asks_again_once_an_hour(
    sqlite_desk: OpenDesk, slack: SlackDouble, kind: str
) -> None:
    choose(slack, ANNA, picture())
    change = {"type": kind, "user": slack.people[ANNA], "event_ts": "1700000000.000100"}
    async with sqlite_desk() as desk:
        await desk.say(ANNA, "hello")
        (first,) = await slacks(desk)
        choose(slack, ANNA, picture(size=(30, 40)))
        before = questions(slack)
        assert await desk.http.event(callback(change)) == 200
        assert await slacks(desk) == [first]
        await asked_before(desk.grija, timedelta(minutes=61))
        assert await desk.http.event({**callback(change), "event_id": "Ev2"}) == 200
        assert await slacks(desk) != [first]
        assert questions(slack) == before + 1
        for stranger in ({"id": "UNOBODY"}, {}, "UNOBODY", None):
            assert await desk.http.event(callback({**change, "user": stranger})) == 200
        assert questions(slack) == before + 1


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
            telegram.portraits[42] = []
            ana.write("soon")
            await talk.quiet()
            assert await asked(talk.grija, "telegram", str(telegram.bot.id), "42") == [kept]
            await asked_before(talk.grija, LONG_AGO)
            ana.write("after a month")
            await talk.quiet()
            assert await asked(talk.grija, "telegram", str(telegram.bot.id), "42") == []


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
