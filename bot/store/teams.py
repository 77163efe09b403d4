"""Teams: whose skill a wish needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.handoff import Wish
from bot.store.tables import agent, agent_team, team


def for_wish(tx: Connection, wish: Wish, parse: Mapping[str, Any]) -> str | None:
    """The team whose intents are what a customer was about when they wished for a person; None if there is none.

    First what the dialogue was doing, then what the message was understood as. Teams without an open account are
    passed over.
    """
    intents = [wish.detail.get("task"), wish.detail.get("action"), parse.get("intent", {}).get("name")]
    members = (
        sa.select(agent_team.c.team_id)
        .select_from(agent_team.join(agent, agent.c.id == agent_team.c.agent_id))
        .where(agent.c.disabled_at.is_(None))
    )
    rows = list(
        tx.execute(sa.select(team.c.id, team.c.intents).where(team.c.id.in_(members)).order_by(team.c.name))
    )
    by_intent = {intent: row.id for row in reversed(rows) for intent in json.loads(row.intents)}
    return next((by_intent[intent] for intent in intents if intent in by_intent), None)
