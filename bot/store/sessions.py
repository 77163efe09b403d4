"""Sessions, invitations and sign-in attempts. Cookies and links are kept as digests only."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import InvitationInvalid, RateLimited
from bot.models import Agent, now
from bot.store import people
from bot.store.tables import agent, agent_session, invitation, login_failure
from bot.store.times import utc

# Noting each request of a session would make a write of every reading.
_SEEN_SECONDS = 60
_BROWSER_LENGTH = 200


@dataclass(frozen=True)
class Session:
    """An agent's signed-in browser, named by the digest of its cookie."""

    digest: str
    agent_id: str
    seen_at: datetime
    expires_at: datetime

    @property
    def stale(self) -> bool:
        """Whether it is time to note again that it is in use."""
        return (now() - self.seen_at).total_seconds() > _SEEN_SECONDS


def digest_of(secret: str) -> str:
    """What is kept of a cookie, a link or a token: enough to know it again, not enough to use it."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def start(tx: Connection, owner: Agent, *, digest: str, days: float, ip: str, browser: str) -> None:
    """Open a session that ends after so many days, whatever happens in it."""
    moment = now()
    tx.execute(
        sa.insert(agent_session).values(
            digest=digest,
            agent_id=owner.id,
            generation=owner.generation,
            created_at=moment,
            seen_at=moment,
            expires_at=moment + timedelta(days=days),
            ip=ip,
            browser=browser[:_BROWSER_LENGTH],
        )
    )


def find(tx: Connection, digest: str, *, idle_hours: float) -> tuple[Session, Agent] | None:
    """A session that holds: neither too old nor idle too long, of an agent who may still come in."""
    row = tx.execute(_holding([digest], idle_hours)).one_or_none()
    if row is None:
        return None
    session = Session(row.digest, row.agent_id, utc(row.seen_at), utc(row.expires_at))
    return session, people.find(tx, row.agent_id)


def holding(tx: Connection, digests: Collection[str], *, idle_hours: float) -> dict[str, Agent]:
    """Those of many sessions that hold, as `find` has it, each with its agent as they are now."""
    agents = {row.digest: row.agent_id for row in tx.execute(_holding(digests, idle_hours))}
    found = {who.id: who for who in people.some(tx, set(agents.values()))}
    return {digest: found[agent_id] for digest, agent_id in agents.items()}


def _holding(digests: Collection[str], idle_hours: float) -> Any:
    moment = now()
    return (
        sa.select(agent_session)
        .select_from(agent_session.join(agent, agent.c.id == agent_session.c.agent_id))
        .where(
            agent_session.c.digest.in_(digests),
            agent_session.c.expires_at > moment,
            agent_session.c.seen_at > moment - timedelta(hours=idle_hours),
            agent_session.c.generation == agent.c.generation,
            agent.c.disabled_at.is_(None),
        )
    )


def touch(tx: Connection, digest: str) -> None:
    """Note that a session is in use now."""
    tx.execute(sa.update(agent_session).where(agent_session.c.digest == digest).values(seen_at=now()))


def end(tx: Connection, digest: str) -> None:
    """End one session; nothing happens if there is none."""
    tx.execute(sa.delete(agent_session).where(agent_session.c.digest == digest))


def end_all(tx: Connection, agent_id: str) -> Agent:
    """End all sessions of an agent, those that are being opened in this moment included."""
    tx.execute(sa.delete(agent_session).where(agent_session.c.agent_id == agent_id))
    return people.raise_generation(tx, agent_id)


def count_open(tx: Connection) -> dict[str, int]:
    """How many sessions each agent has."""
    query = sa.select(agent_session.c.agent_id, sa.func.count()).group_by(agent_session.c.agent_id)
    return {agent_id: count for agent_id, count in tx.execute(query)}


def purge(tx: Connection) -> None:
    """Forget sessions and invitations that have ended."""
    moment = now()
    tx.execute(sa.delete(agent_session).where(agent_session.c.expires_at <= moment))
    tx.execute(sa.delete(invitation).where(invitation.c.expires_at <= moment))


# -- Invitations ------------------------------------------------------------------------------------------


def invite(tx: Connection, agent_id: str, *, digest: str, hours: float) -> None:
    """Make an invitation the only one of an agent that opens anything."""
    tx.execute(sa.delete(invitation).where(invitation.c.agent_id == agent_id))
    expires_at = now() + timedelta(hours=hours)
    tx.execute(sa.insert(invitation).values(digest=digest, agent_id=agent_id, expires_at=expires_at))


def invited_by(tx: Connection, digest: str) -> Agent:
    """Who is invited by a link that still opens; InvitationInvalid if none is."""
    row = tx.execute(sa.select(invitation).where(invitation.c.digest == digest, *_usable())).one_or_none()
    found = None if row is None else people.find(tx, row.agent_id)
    if found is None or found.disabled_at is not None:
        raise InvitationInvalid("this link has been used or has expired; ask for a new one")
    return found


def use_invitation(tx: Connection, digest: str) -> Agent:
    """Who is invited, and the link opens nothing any more; InvitationInvalid if it does not now."""
    found = invited_by(tx, digest)
    used = tx.execute(
        sa.update(invitation).where(invitation.c.digest == digest, *_usable()).values(used_at=now())
    )
    if used.rowcount != 1:
        raise InvitationInvalid("this link has been used or has expired; ask for a new one")
    return found


def drop_invitations(tx: Connection, agent_id: str) -> None:
    """Let no invitation of an agent open anything any more."""
    tx.execute(sa.delete(invitation).where(invitation.c.agent_id == agent_id))


def _usable() -> tuple[Any, ...]:
    return invitation.c.used_at.is_(None), invitation.c.expires_at > now()


# -- Attempts ---------------------------------------------------------------------------------------------


def attempt(tx: Connection, subjects: Mapping[str, int], *, seconds: float) -> list[int]:
    """Count one attempt for each subject before it is made, so that many at once cannot pass together.

    `subjects` says how many each may have within `seconds`. RateLimited, with nothing counted, if one has had
    them. Returns what `forgive` takes.
    """
    since = now() - timedelta(seconds=seconds)
    tx.execute(sa.delete(login_failure).where(login_failure.c.at <= since))
    for subject, allowed in sorted(subjects.items()):
        _one_at_a_time(tx, subject)
        times = [
            utc(moment)
            for moment in tx.execute(
                sa.select(login_failure.c.at)
                .where(login_failure.c.subject == subject, login_failure.c.at > since)
                .order_by(login_failure.c.at.desc())
                .limit(allowed)
            ).scalars()
        ]
        if len(times) >= allowed:
            wait = max(1, math.ceil(min(seconds, (times[-1] - since).total_seconds())))
            raise RateLimited(f"too many attempts to sign in; try again in {wait} s", retry_after=wait)
    return [_count(tx, subject) for subject in subjects]


def forgive(tx: Connection, attempts: list[int], *, subject: str | None = None) -> None:
    """Take back attempts that were no failures; with `subject`, all that were counted for it."""
    tx.execute(sa.delete(login_failure).where(login_failure.c.id.in_(attempts)))
    if subject is not None:
        tx.execute(sa.delete(login_failure).where(login_failure.c.subject == subject))


def _count(tx: Connection, subject: str) -> int:
    added = tx.execute(sa.insert(login_failure).values(subject=subject, at=now()))
    return int(added.inserted_primary_key[0])


def _one_at_a_time(tx: Connection, subject: str) -> None:
    # SQLite has one writer anyway.
    if tx.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(subject, 0))))
