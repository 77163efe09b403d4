"""Who the customer is: proved by the site's signature, or by a code sent to the e-mail address."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import replace
from typing import Any

from actions.backends.model import CustomerNotFound
from actions.codes import (
    CodeExpired,
    CodesUnavailable,
    CodeUsedUp,
    CodeWrong,
    TooManyCodes,
    current_codes,
)
from actions.contact import support_contact
from actions.fields import Choice, Field, Unfit
from actions.mail import Mail, MailUnavailable, current_mailer
from actions.memory import Given, Memory, Proof
from actions.talk import Restart, Talk
from actions.turn import Turn

logger = logging.getLogger(__name__)

PROOF_SECONDS = 30 * 60
"""A proof by code lasts so long after it was last used."""
MAILBOX = "mailbox:"
"""Holder of a code for an address that belongs to no customer of the shop."""

_CODE = re.compile(r"(?<!\d)(\d{3})[ -]?(\d{3})(?!\d)")
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]{2,}")
_AGAIN = "again"
_CUSTOMER = "customer"
"""Among a task's answers: who has begun it."""
_SIGNED = "signed"
"""Among a task's answers: that the site has signed who has begun it."""


async def prove(talk: Talk, *, given: bool = True) -> str:
    """Return the shop's id of the customer who writes; asks for a proof if there is none yet.

    `given` False: an address that the customer has named before is not the one to prove.
    Whether an address is known to the shop is not to be learned here: an unknown one is asked for a code as well.
    """
    customer = await _known(talk)
    if customer is None:
        email = str(await talk.answer(EMAIL if given else replace(EMAIL, find=lambda given: None)))
        known = await _customer_of(talk, email)
        customer = await _by_code(talk, email, known)
        talk.memory.proof = Proof(customer, time.time())
        # When the proof has ended, both are asked for and sent anew.
        talk.frame.answers.pop("email", None)
        talk.frame.answers.pop("code_sent", None)
    _belong(talk, customer)
    return customer


def _belong(talk: Talk, customer: str) -> None:
    """See that a task goes on with the customer who has begun it; for another one it begins anew."""
    talk.memory.belong_to(customer)
    if talk.frame.answers.setdefault(_CUSTOMER, customer) != customer:
        talk.frame.answers, talk.frame.given, talk.frame.asked = {_CUSTOMER: customer}, {}, None
        raise Restart


async def prove_mailbox(talk: Talk, question: str = "utter_ask_email") -> tuple[str, str | None]:
    """Return an e-mail address that the customer can read, and which customer of the shop it belongs to, if any."""
    email = str(await talk.answer(replace(EMAIL, name="mailbox", question=question)))
    customer = await _customer_of(talk, email)
    if talk.frame.answers.get("mailbox_proved") != email:
        # In a turn that is tried again the address may have become the customer's by the first try.
        found = await _by_code(talk, email, customer or MAILBOX + email, MAILBOX + email)
        talk.frame.answers["mailbox_proved"] = email
        if found == customer and talk.turn.user_id is None and talk.memory.proof is None:
            talk.memory.proof = Proof(found, time.time())
            talk.memory.belong_to(found)
    return email, customer


async def count_mail(talk: Talk, email: str) -> None:
    """Count a mail that anybody can have sent to an address without proof; ends the task when there are too many.

    The limits are those of codes, counted apart from them: nobody's mailbox is filled from here.
    """
    turn = talk.turn
    try:
        await current_codes().start(
            f"mail {email}", f"{turn.asker.customer_id}/mails", None, f"{turn.message_id}/mail"
        )
    except (TooManyCodes, CodesUnavailable) as error:
        raise _unavailable(talk, error) from None


async def proved(talk: Talk) -> str | None:
    """Return the shop's id of the customer if that is proved already, else None; asks nothing."""
    return await _known(talk)


async def _known(talk: Talk) -> str | None:
    signed = await _signed(talk)
    if signed is not None:
        return signed
    end_proof(talk.memory)
    proof = talk.memory.proof
    if proof is None:
        return None
    talk.memory.proof = Proof(proof.customer, time.time())
    return proof.customer


async def _signed(talk: Talk) -> str | None:
    user_id, answers = talk.turn.user_id, talk.frame.answers
    if user_id is None:
        return None
    try:
        customer = await talk.find_customer(user_id=user_id)
    except CustomerNotFound:
        logger.info("the site's customer is unknown to the shop")
        # A turn that is tried again after it closed the account: the shop itself gives its answer again.
        return str(answers[_CUSTOMER]) if _SIGNED in answers and talk.deciding() else None
    answers[_SIGNED] = True
    return customer


def end_proof(memory: Memory) -> None:
    """Forget a proof that is too old, and what was said under it."""
    if memory.proof is not None and not 0 <= time.time() - memory.proof.used < PROOF_SECONDS:
        memory.proof, memory.said = None, []


async def _customer_of(talk: Talk, email: str) -> str | None:
    try:
        return await talk.find_customer(email=email)
    except CustomerNotFound:
        return None


async def _by_code(talk: Talk, email: str, holder: str | None, *others: str) -> str:
    """Return whose code the customer gives: that of `holder` or of `others`; any other code is none here."""
    while True:
        await _send(talk, email, holder)
        answer = await talk.answer(_code_field(talk, email))
        talk.frame.answers.pop("code")
        if answer == _AGAIN:
            talk.frame.answers.pop("code_sent", None)
            continue
        try:
            asker = talk.turn.asker.customer_id
            found = await current_codes().check(asker, str(answer), talk.turn.message_id)
        except CodeWrong as error:
            talk.say("utter_code_wrong", left=error.tries_left)
        except CodeExpired:
            talk.say("utter_code_expired")
            talk.frame.answers.pop("code_sent", None)
        except CodeUsedUp:
            raise _refused(talk) from None
        except CodesUnavailable as error:
            raise _unavailable(talk, error) from None
        else:
            if found in (holder, *others):
                return found
            talk.say("utter_code_expired")
            talk.frame.answers.pop("code_sent", None)


async def _send(talk: Talk, email: str, customer: str | None) -> None:
    """Send a code, once for each time it is asked for."""
    if talk.frame.answers.get("code_sent") == email:
        return
    try:
        codes, holder = current_codes(), talk.turn.asker.customer_id
        started = await codes.start(email, holder, customer, talk.turn.message_id)
        if started.code is not None:
            await current_mailer().send(_mail(talk, email, started.code))
            await codes.mailed(started)
    except TooManyCodes:
        raise _refused(talk) from None
    except (MailUnavailable, CodesUnavailable) as error:
        raise _unavailable(talk, error) from None
    talk.frame.answers["code_sent"] = email
    anyway = customer is not None and customer.startswith(MAILBOX)
    talk.say("utter_code_sent_anyway" if anyway else "utter_code_sent", email=masked(email))


def _refused(talk: Talk) -> Exception:
    talk.frame.answers = {}
    talk.offer("utter_code_refused", {"contact_human_agent": {}}, contact=support_contact())
    return talk.over("utter_nothing_changed")


def _unavailable(talk: Talk, error: Exception) -> Exception:
    logger.warning("nobody can prove who they are: %s", error)
    return talk.over("utter_mail_unavailable", contact=support_contact())


def _mail(talk: Talk, email: str, code: str) -> Mail:
    return Mail(
        to=email,
        subject=talk.words.text("utter_mail_code_subject", code=code),
        text=talk.words.text("utter_mail_code", code=code),
    )


def masked(email: str) -> str:
    """Return the address as it may be shown: "a***@example.com"."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}***@{domain}"


def _read_email(turn: Turn) -> str | None:
    found = turn.given.get("email", ()) or _EMAIL.findall(turn.text)
    if len(found) > 1:
        raise Unfit("utter_one_email")
    return str(found[0]).lower().strip(".") if found else None


def _find_email(given: Given) -> str | None:
    found = given.get("email", ())
    return found[0].lower() if len(found) == 1 else None


def _read_code(turn: Turn) -> Any:
    if _AGAIN in turn.given.get("code", ()):
        return _AGAIN
    found = _CODE.search(turn.text)
    return found.group(1) + found.group(2) if found else None


EMAIL = Field("email", "utter_ask_email", _read_email, _find_email, again="utter_ask_email_again")


def _code_field(talk: Talk, email: str) -> Field:
    again = Choice(talk.words.text("utter_title_new_code"), {"code": _AGAIN})
    values = {"email": masked(email)}
    return Field(
        "code", "utter_ask_code", _read_code, again="utter_ask_code_again", values=values, choices=[again]
    )
