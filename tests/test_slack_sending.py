"""Answers on their way to Slack: in turn, once, in order; what Slack's refusals do to them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import AddressUnreachable
from bot.models import Address, Author, AuthorKind, Draft
from bot.settings import Settings
from bot.store import addresses, conversations, outbox
from bot.store.tables import address
from bot.store.tables import outbox as outbox_table
from channels import slack as slack_channel
from channels import slack_sending, slack_workspaces
from channels.slack import SlackChannel
from channels.slack_turns import Turns
from tests.conftest import until
from tests.platforms.slack import BROKEN, CUT_AFTER_ACCEPTANCE, RATE_LIMITED, Fault, SlackDouble, refused
from tests.platforms.slack_deliveries import callback
from tests.platforms.slack_server import ANNA, BORIS, Desk, OpenDesk, open_desk

pytest_plugins = ["tests.platforms.slack_fixtures"]

POST = "chat.postMessage"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of Slack that do not end are given up soon."""
    monkeypatch.setattr(slack_workspaces, "_CALL_SECONDS", 0.3)


async def sent(desk: Desk) -> list[tuple[str, int, str | None]]:
    """(status, tries, Slack's id) of all deliveries."""
    query = sa.select(outbox_table.c.status, outbox_table.c.tries, outbox_table.c.provider_id).order_by(
        outbox_table.c.id
    )
    return await desk.grija.store.read(lambda tx: [tuple(row) for row in tx.execute(query)])


async def reachable(desk: Desk, user: str) -> bool:
    query = sa.select(address.c.reachable).where(address.c.external_id == user)
    return bool(await desk.grija.store.read(lambda tx: tx.execute(query).scalar()))


async def ended(desk: Desk, count: int) -> list[tuple[str, int, str | None]]:
    """Wait until no delivery waits."""

    async def over() -> bool:
        found = await sent(desk)
        return len(found) == count and all(status != "waiting" for status, _, _ in found)

    await until(over)
    return await sent(desk)


async def test_slacks_id_of_a_message_is_kept(desk: Desk) -> None:
    await desk.say(ANNA, "hello")
    ((status, tries, provider_id),) = await ended(desk, 1)
    assert (status, tries, provider_id) == ("sent", 0, f"DANNA:{desk.slack.posts[0].ts}")


async def test_too_many_requests_cost_no_try(desk: Desk) -> None:
    desk.slack.faults[POST] = [Fault(429, "ratelimited", retry_after=0), RATE_LIMITED]
    await desk.say(ANNA, "one")
    await desk.say(ANNA, "two")
    assert [(status, tries) for status, tries, _ in await ended(desk, 2)] == [("sent", 0)] * 2
    assert desk.slack.texts("DANNA") == ["echo: one", "echo: two"]


async def test_an_ambiguous_time_out_is_looked_up_before_it_is_sent_again(
    impatient: None, desk: Desk
) -> None:
    desk.slack.faults[POST] = [CUT_AFTER_ACCEPTANCE]
    await desk.say(ANNA, "hello")
    ((status, tries, provider_id),) = await ended(desk, 1)
    assert desk.slack.texts("DANNA") == ["echo: hello"], "Slack had it: it is not sent again"
    assert (status, tries, provider_id) == ("sent", 1, f"DANNA:{desk.slack.posts[0].ts}")


async def test_a_time_out_in_a_thread_is_looked_up_there(impatient: None, desk: Desk) -> None:
    desk.slack.faults[POST] = [CUT_AFTER_ACCEPTANCE]
    await desk.say(ANNA, "<@UBOT> hello", channel="C1")
    await ended(desk, 1)
    assert desk.slack.texts("C1") == ["echo: hello"]
    assert len(desk.slack.called("conversations.replies")) == 1


@pytest.mark.parametrize("fault", [Fault(hang=True), BROKEN, refused("internal_error")])
async def test_what_slack_has_not_got_is_sent_again(impatient: None, desk: Desk, fault: Fault) -> None:
    desk.slack.faults[POST] = [fault]
    await desk.say(ANNA, "hello")
    assert [(status, tries) for status, tries, _ in await ended(desk, 1)] == [("sent", 1)]
    assert desk.slack.texts("DANNA") == ["echo: hello"]
    assert len(desk.slack.called("conversations.history")) == 1


async def test_a_clear_no_is_not_looked_up(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        desk.slack.faults[POST] = [refused("team_added_to_org")]
        await desk.say(ANNA, "hello")
        assert [(status, tries) for status, tries, _ in await ended(desk, 1)] == [("sent", 1)]
        assert desk.slack.called("conversations.history") == []


async def test_without_the_right_to_look_it_is_sent_again(impatient: None, sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        desk.slack.faults[POST] = [CUT_AFTER_ACCEPTANCE]
        desk.slack.faults["conversations.history"] = [refused("missing_scope")]
        await desk.say(ANNA, "hello")
        await ended(desk, 1)
        assert desk.slack.texts("DANNA") == ["echo: hello", "echo: hello"], "doubled is better than lost"


async def test_of_a_long_message_only_the_missing_part_is_sent_again(
    impatient: None, sqlite_desk: OpenDesk
) -> None:
    async with sqlite_desk() as desk:
        # "echo: " and the text are two posts; the second is cut off before Slack has it.
        text = "a" * 2900 + "\n" + "b" * 900
        desk.slack.faults[POST] = [Fault(accepted=True, hang=True)]
        await desk.say(ANNA, text)
        ((status, _, provider_id),) = await ended(desk, 1)
        assert status == "sent"
        assert [len(said) for said in desk.slack.texts("DANNA")] == [2906, 900]
        assert provider_id == " ".join(f"DANNA:{post.ts}" for post in desk.slack.posts)


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "user_disabled", "cannot_dm_bot"])
async def test_a_customer_who_is_gone_is_unreachable(sqlite_desk: OpenDesk, error: str) -> None:
    async with sqlite_desk() as desk:
        desk.slack.faults[POST] = [refused(error)]
        await desk.say(ANNA, "hello")
        assert [status for status, _, _ in await ended(desk, 1)] == ["dead"]
        assert not await reachable(desk, ANNA)
        await desk.say(ANNA, "I am back")
        await desk.answered("DANNA", 1)
        assert await reachable(desk, ANNA)


@pytest.mark.parametrize("error", ["is_archived", "not_in_channel", "channel_not_found", "thread_not_found"])
async def test_if_the_channel_is_gone_the_answer_comes_directly(sqlite_desk: OpenDesk, error: str) -> None:
    async with sqlite_desk() as desk:
        desk.slack.faults[POST] = [refused(error)]
        await desk.say(ANNA, "<@UBOT> hello", channel="C1")
        assert await desk.answered("DANNA", 1) == ["echo: hello"]
        assert await reachable(desk, ANNA)


async def test_what_slack_never_takes_is_given_up_and_the_next_goes_out(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        desk.slack.faults[POST] = [refused("msg_too_long")]
        await desk.say(ANNA, "one")
        await desk.say(ANNA, "two")
        assert [status for status, _, _ in await ended(desk, 2)] == ["dead", "sent"]
        assert desk.slack.texts("DANNA") == ["echo: two"]


async def test_a_message_without_a_place_goes_to_the_direct_message(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        found, said = Address("a", "c", "slack", "T1", BORIS), None
        await desk.say(ANNA, "hello")
        await desk.answered("DANNA", 1)
        said = (await desk.history(ANNA))[-1]
        provider_id = await desk.channel.send(found, replace(said, id="m2", place=""))
        assert provider_id.startswith("DBORIS:")
        desk.slack.people[ANNA]["deleted"] = True
        with pytest.raises(AddressUnreachable):
            await desk.channel.send(replace(found, external_id=ANNA), replace(said, id="m3", place=""))


async def test_an_agents_message_goes_where_the_customer_wrote_last(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        root = await desk.say(ANNA, "<@UBOT> hello", channel="C1")
        await desk.answered("C1", 1)
        known = await desk.grija.store.read(addresses.find, "slack", "T1", ANNA)
        assert known is not None
        latest = await desk.grija.store.read(conversations.latest, known.customer_id)
        assert latest is not None
        await desk.grija.hub.say(latest, Author(AuthorKind.AGENT, "Eva"), Draft("I am Eva"), address=known)
        await desk.answered("C1", 2)
        assert desk.slack.posts[-1].thread_ts == root


async def test_order_is_kept_through_all_troubles(impatient: None, desk: Desk) -> None:
    desk.slack.faults[POST] = [BROKEN, RATE_LIMITED, CUT_AFTER_ACCEPTANCE, refused("fatal_error")]
    for number in range(6):
        await desk.say(ANNA, str(number))
    await ended(desk, 6)
    assert desk.slack.texts("DANNA") == [f"echo: {number}" for number in range(6)]


# -- The pace -------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_channel_gets_one_message_a_second_whoever_it_is_for() -> None:
    clock = Clock()
    turns = Turns(1.0, clock)
    assert [turns.wait("C1", who) for who in "abc"] == [0.0, 1.0, 2.0]
    assert turns.wait("C2", "d") == 0.0, "another channel does not wait"
    turns.spent("C1")
    clock.now += 1.0
    assert turns.wait("C1", "b") == 0.0
    assert turns.wait("C1", "c") == 1.0, "who comes back too early keeps the place in the row"


def test_a_slow_post_does_not_crowd_the_next() -> None:
    clock = Clock()
    turns = Turns(1.0, clock)
    assert [turns.wait("C1", who) for who in "ab"] == [0.0, 1.0]
    clock.now += 1.0
    assert turns.wait("C1", "b") > 0.0, "the first has not ended"
    turns.spent("C1")
    assert turns.wait("C1", "b") == 1.0
    clock.now += 1.0
    assert turns.wait("C1", "b") == 0.0


def test_who_misses_a_turn_gets_another() -> None:
    clock = Clock()
    turns = Turns(1.0, clock)
    assert [turns.wait("C1", who) for who in "abc"] == [0.0, 1.0, 2.0]
    turns.spent("C1")
    clock.now += 2.0
    assert turns.wait("C1", "c") == 0.0
    turns.spent("C1")
    assert turns.wait("C1", "b") == 1.0


def test_when_slack_asks_to_wait_the_whole_channel_waits() -> None:
    clock = Clock()
    turns = Turns(1.0, clock)
    assert [turns.wait("C1", who) for who in "ab"] == [0.0, 1.0]
    turns.hold("C1", 30)
    turns.spent("C1")
    assert turns.wait("C1", "b") == 30.0
    assert turns.wait("C1", "a") == 31.0


async def test_a_crowd_is_answered_without_a_single_refusal(
    sqlite_settings: Settings, slack: SlackDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Twenty times as fast as Slack, so that the test is short; the double counts at the same pace.
    for module in (slack_sending, slack_channel):
        monkeypatch.setattr(module, "PACE_SECONDS", 0.05)
    monkeypatch.setattr(SlackChannel, "budget", type(SlackChannel.budget)(10_000, 20))
    slack.per_second = 20
    users = [slack.add_person(f"U{number}") for number in range(12)]
    async with open_desk(sqlite_settings, slack) as desk:
        desk.grija.hub.deliveries.lanes._opened.clear()
        for user in users:
            await desk.say(user, "<@UBOT> here", channel="C1")
            await desk.say(user, "directly")
        await until_outbox(desk, 2 * len(users))
        desk.grija.hub.deliveries.lanes.open()
        await desk.grija.hub.deliveries.sweep()
        await ended(desk, 2 * len(users))
        assert [no for no in slack.refusals if "ratelimited" in no] == []
        assert len(slack.texts("C1")) == len(users)


async def until_outbox(desk: Desk, count: int) -> None:
    async def full() -> bool:
        return (await desk.grija.store.read(outbox.depth))["waiting"] == count

    await until(full)


def test_an_ambiguous_answer_is_told_from_a_clear_one() -> None:
    def answer(status: int, data: Any) -> SlackApiError:
        response = AsyncSlackResponse(
            client=None,
            http_verb="POST",
            api_url="",
            req_args={},
            data=data,
            headers={},
            status_code=status,
        )
        return SlackApiError("no", response)  # type: ignore[no-untyped-call]

    assert (
        slack_workspaces.error_of(answer(200, {"ok": False, "error": "not_in_channel"})) == "not_in_channel"
    )
    for unclear in (answer(502, "<html>"), answer(200, {}), aiohttp.ClientError(), asyncio.TimeoutError()):
        assert slack_workspaces.error_of(unclear) == ""
        assert slack_workspaces.delay_of(unclear) is None
    delay = slack_workspaces.delay_of(answer(429, {}))
    assert delay is not None
    assert delay.retry_after == 1.0


async def test_nobody_logs_a_token(
    sqlite_desk: OpenDesk, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_workspaces, "_TOKEN_REST", 0.05)
    async with sqlite_desk() as desk:
        desk.slack.faults[POST] = [refused("invalid_auth"), BROKEN]
        event = desk.slack.write(ANNA, desk.slack.direct(ANNA), "hello")
        await desk.http.event(callback(event))
        await ended(desk, 1)
        assert "xoxb" not in repr(desk.grija.settings)
    told = capfd.readouterr()
    assert "xoxb" not in told.out + told.err
