"""The pages of asking and of loyalty, of a log that was counted by hand, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
import yaml

from bot.api import asking as routes
from bot.errors import BodyInvalid
from bot.models import Address, Status, new_id
from bot.store import Connection, Store, talks
from bot.store.tables import (
    address,
    agent,
    conversation,
    customer,
    ended_talk,
    loyalty_answer,
    message,
    outbox,
)
from tests.desk_seeds import talk
from tests.pages import ROOT

LOG: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "asking_log.yml").read_text(encoding="utf-8"))
EXPECTED = LOG["expected"]
TODAY = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
FROM, TO = date(2026, 6, 1), date(2026, 10, 31)


@pytest.fixture
async def log(store: Store) -> Store:
    await store.write(_agents)
    for row in sorted(LOG["talks"], key=lambda row: row["began"]):
        await store.write(_talk, row)
    for row in LOG["loyalty"]:
        await store.write(_loyalty, row)
    return store


async def asking_page(store: Store, by: str = "channel") -> dict[str, Any]:
    page = await store.read(routes._asking, FROM, TO, by)
    shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(page))
    return shown


async def loyalty_page(store: Store, by: str = "channel") -> dict[str, Any]:
    page = await store.read(routes._loyalty, FROM, TO, by, TODAY)
    shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(page))
    return shown


def pair(part: dict[str, Any]) -> list[int]:
    return [part["k"], part["n"]]


async def test_asking_is_as_counted_by_hand(log: Store) -> None:
    page = await asking_page(log)
    assert [page[name] for name in ("from", "to", "by")] == ["2026-06-01", "2026-10-31", "channel"]
    found, expected = page["all"], dict(EXPECTED["asking"]["all"])
    for name in ("judged", "asked", "answered", "drawn", "reached", "response"):
        assert pair(found[name]) == expected[name], name
    assert (found["talks"], found["values"]) == (expected["talks"], expected["values"])
    assert found["rating"]["mean"] == pytest.approx(expected["mean"])
    assert found["satisfied"]["share"] == pytest.approx(expected["satisfied"])
    assert found["meant"] == pytest.approx(expected["meant"])
    for name in ("mood_of_answered", "mood_of_silent"):
        assert [found[name][one] for one in ("n", "p10", "p50", "p90")] == expected[name], name
    assert found["mood_gap"]["difference"] == pytest.approx(expected["mood_gap"], abs=1e-6)
    assert found["results"]["outcome"] == found["results"]["blocked"] == 1


@pytest.mark.parametrize("by", list(EXPECTED["asking"]["groups"]))
async def test_asking_by_every_dimension(log: Store, by: str) -> None:
    page = await asking_page(log, by)
    groups = {group["value"]: [group["talks"], group["asked"]["k"]] for group in page["groups"]}
    assert list(groups.items()) == list(EXPECTED["asking"]["groups"][by].items()), "in this order"
    names = {"ada": "Ada", "ben": "Ben"} if by == "agent" else {}
    assert [group["label"] for group in page["groups"]] == [names.get(value, value) for value in groups]
    assert page["all"] == (await asking_page(log))["all"]


async def test_loyalty_is_as_counted_by_hand(log: Store) -> None:
    page = await loyalty_page(log)
    found, expected = page["all"], EXPECTED["loyalty"]["all"]
    assert found["customers"] == expected["customers"]
    back = found["came_back"]
    assert {name: pair(back[name]) for name in ("same", "new", "unclear", "never")} == {
        name: expected[name] for name in ("same", "new", "unclear", "never")
    }
    assert (back["not_yet"], back["back_already"]) == (expected["not_yet"], expected["back_already"])
    for kind in ("recommends", "returns"):
        answers, wanted = found[kind], expected[kind]
        assert (answers["asked"], answers["answers"]) == (wanted["asked"], wanted["answers"])
        assert answers["mean"]["mean"] == wanted["mean"]
        for name in ("promoters", "detractors"):
            assert pair(answers[name]) == wanted[name]
    assert {one["value"]: one["customers"] for one in page["groups"]} == EXPECTED["loyalty"]["channel"]
    leaving = [
        {name: row[name] for name in EXPECTED["loyalty"]["leaving"][0] if name != "customer"}
        | {"customer": row["customer"]["name"]}
        for row in page["leaving"]
    ]
    assert leaving == EXPECTED["loyalty"]["leaving"]
    assert page["due"] == 0


@pytest.mark.parametrize("by", ["language", "intent", "hour", "agent", "kind"])
async def test_loyalty_by_every_dimension(log: Store, by: str) -> None:
    page = await loyalty_page(log, by)
    assert sum(group["customers"] for group in page["groups"]) == EXPECTED["loyalty"]["all"]["customers"]
    assert sum(group["recommends"]["asked"] for group in page["groups"]) == 2


async def test_an_empty_site_has_pages(store: Store) -> None:
    asked, loyal = await asking_page(store), await loyalty_page(store)
    assert (asked["all"]["talks"], asked["groups"], asked["all"]["rating"]["mean"]) == (0, [], None)
    assert (loyal["all"]["customers"], loyal["groups"], loyal["leaving"]) == (0, [], [])


def test_days_that_are_asked_for() -> None:
    def days(**query: str) -> tuple[str, str]:
        first, last = routes.days_of(query, TODAY)
        return first.isoformat(), last.isoformat()

    assert days() == ("2026-10-05", "2026-11-01")
    assert days(to="2026-03-01") == ("2026-02-02", "2026-03-01")
    assert days(**{"from": "2025-11-01", "to": "2026-11-01"}) == ("2025-11-01", "2026-11-01")
    for wrong in (
        {"from": "2026-11-02"}, {"from": "2025-10-31"}, {"from": "yesterday"}, {"to": "2026-02-30"},
        {"to": "0001-01-01"}, {"to": "9999-12-31"},
    ):  # fmt: skip
        with pytest.raises(BodyInvalid):
            days(**wrong)


def _agents(tx: Connection) -> None:
    for name in ("ada", "ben"):
        row = {"id": name, "email": name, "name": name.title(), "role": "agent", "created_at": TODAY}
        tx.execute(sa.insert(agent).values(row))


def _talk(tx: Connection, row: dict[str, Any]) -> None:
    began = datetime.fromisoformat(row["began"]).replace(tzinfo=timezone.utc)
    known = tx.execute(sa.select(customer.c.id).where(customer.c.name == row["who"])).scalar()
    key = talk(
        tx, name=row["who"], status=Status.CLOSED, customer_id=known, channel=row["channel"], at=began,
        words=[("customer", "hello"), ("bot", "hello"), ("system", "how was it?")],
    )  # fmt: skip
    opened = tx.execute(sa.select(conversation).where(conversation.c.id == key)).one()
    question = tx.execute(
        sa.select(message).where(message.c.conversation_id == key, message.c.author_kind == "system")
    ).one()
    place = tx.execute(sa.select(address).where(address.c.customer_id == opened.customer_id)).one()
    over = talks.Over(
        conversation_id=key, customer_id=opened.customer_id, seq=question.seq - 2,
        address=Address(place.id, opened.customer_id, row["channel"], "demo", "x"), reachable=True,
        language=row["language"], agent=row["by"], intent=row["wish"], began_at=began,
        ended_at=began + timedelta(hours=1), mood=row.get("mood"),
    )  # fmt: skip
    talk_id = talks.note(tx, over, chance=row.get("chance", 1), result=row["result"])
    if row["result"] == "asked":
        talks.note_asked(tx, talk_id, question.id, over.ended_at)
        _deliver(tx, row, key, question)
    if "rating" in row:
        talks.note_rating(tx, talk_id, row["rating"], over.ended_at)


def _deliver(tx: Connection, row: dict[str, Any], key: str, question: Any) -> None:
    """Pushed channels have an outbox; what stands on a page is seen there."""
    reached = "rating" in row or row.get("seen", False)
    if row["channel"] != "web":
        sent = {"status": "sent" if reached else "dead", "next_at": TODAY, "created_at": TODAY}
        tx.execute(sa.insert(outbox).values(message_id=question.id, address_id=question.address_id, **sent))
    elif reached:
        tx.execute(sa.update(conversation).where(conversation.c.id == key).values(seen_seq=question.seq))


def _loyalty(tx: Connection, row: dict[str, Any]) -> None:
    asked = datetime.fromisoformat(row["asked"]).replace(tzinfo=timezone.utc)
    last = tx.execute(
        sa.select(ended_talk)
        .select_from(ended_talk.join(customer, customer.c.id == ended_talk.c.customer_id))
        .where(customer.c.name == row["who"])
        .order_by(ended_talk.c.visit.desc())
    ).first()
    here = message.c.conversation_id == last.conversation_id
    said = tx.execute(sa.select(message.c.id).where(here)).scalar()
    tx.execute(
        sa.insert(loyalty_answer).values(
            id=new_id(), customer_id=last.customer_id, talk_id=last.id, conversation_id=last.conversation_id,
            month=asked.strftime("%Y-%m"), question=row["question"], chance=row["chance"], channel=last.channel,
            language=last.language, asked_at=asked, value=row["value"],
            answered_at=None if row["value"] is None else asked,
            message_id=said,
        )
    )  # fmt: skip
