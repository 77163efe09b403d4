"""Who may do what to a conversation: pure checks that raise NotYours."""

from __future__ import annotations

from bot.errors import NotYours
from bot.models import Agent, Conversation, Handoff, Role, Status

ANSWERING = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ADMIN})
SUPERVISING = frozenset({Role.SUPERVISOR, Role.ADMIN})


def check_answering(agent: Agent) -> None:
    """Raise NotYours if this role does not answer customers."""
    if agent.role not in ANSWERING:
        raise NotYours("this role does not answer customers")


def check_take(agent: Agent, current: Conversation, waits: Handoff | None) -> None:
    """Raise NotYours if an agent may not take a conversation: another's, or one meant for somebody else."""
    check_answering(agent)
    if agent.role in SUPERVISING:
        return
    if current.status is Status.HUMAN and current.owner != agent.id:
        raise NotYours("another agent has this conversation")
    if waits is not None and waits.wanted_agent_id not in (None, agent.id):
        raise NotYours("this conversation waits for another agent")


def check_touch(agent: Agent, current: Conversation) -> None:
    """Raise NotYours if an agent may not pass a conversation on: another's, unless they supervise."""
    check_answering(agent)
    if agent.role not in SUPERVISING and current.status is Status.HUMAN and current.owner != agent.id:
        raise NotYours("another agent has this conversation")
