"""What a turn did about each wish, for the people who may take over: read by the server, never said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.memory import Frame

ORDER = "order_number"
_NUMBERS = ("refund", "case")
"""Values of replies that name a thing of the shop."""
_DECLINED = frozenset({"utter_nothing_changed", "utter_order_kept", "utter_nothing_ordered"})
_NOT_FOUND = frozenset({"utter_order_not_found", "utter_invoice_not_found", "utter_refund_not_found"})
_HELPLESS = frozenset({"nlu_fallback", "out_of_scope"})
_ARTICLES = frozenset({"utter_article", "utter_article_other_language"})


def step(frame: Frame, end: str, said: Sequence[dict[str, Any]], did: Sequence[str] = ()) -> dict[str, Any]:
    """Return one step as plain JSON: the wish, how it ended, what was asked, said (responses) and done (commands).

    `end` is as in `bot.models.STEP_ENDS`; `about` names what it was about: {"order_number": "10024"}.
    """
    return {
        "wish": frame.task,
        "end": end,
        "asked": frame.asked or "" if end == "asked" else "",
        "said": [str(saying["response"]) for saying in said],
        "did": list(did),
        "about": _about(frame, said),
    }


def end_of_run(frame: Frame, said: Sequence[dict[str, Any]], did: Sequence[str]) -> str:
    """Return how a task ended that came to its end by itself."""
    responses = {str(saying["response"]) for saying in said}
    if frame.task in _HELPLESS:
        return "answered" if responses & _ARTICLES else "missed"
    if did:
        return "done"
    return "not_found" if said and str(said[-1]["response"]) in _NOT_FOUND else "answered"


def end_of_over(said: Sequence[dict[str, Any]], did: Sequence[str]) -> str:
    """Return how a task ended that said why it ends early."""
    responses = [str(saying["response"]) for saying in said]
    last = responses[-1] if responses else ""
    if "utter_code_refused" in responses:
        return "unproved"
    if last == "utter_mail_unavailable":
        return "unavailable"
    if last in _DECLINED:
        return "declined"
    if "refused" in last or last == "utter_country_not_served":
        return "refused"
    return "done" if did else "answered"


def _about(frame: Frame, said: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The numbers of the order, refund or case that it was about, as far as one is meant."""
    given = frame.given.get(ORDER) or []
    order = frame.answers.get(ORDER) or (given[0] if len(given) == 1 else None)
    about = {ORDER: str(order)} if order else {}
    for saying in said:
        about |= {name: str(saying[name]) for name in _NUMBERS if saying.get(name)}
    return about
