"""Accounts: opening, editing, switching, closing them, and getting into them again."""

from __future__ import annotations

from actions.backends.model import (
    Account,
    AccountField,
    AccountKind,
    CreateAccount,
    DeleteAccount,
    EditAccount,
    FindAccount,
    Refused,
    SendPasswordLink,
    SwitchAccount,
)
from actions.contact import support_contact
from actions.fields import Choice, Field, choice_field, text_field
from actions.memory import Given
from actions.proof import EMAIL, count_mail, prove, prove_mailbox, proved
from actions.talk import Talk
from actions.task import Task
from actions.turn import Turn

KIND = "account_type"


class CreateAnAccount(Task):
    """Opens an account for an address that the customer can read."""

    intent = "create_account"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await proved(talk)
        if customer is not None and not talk.deciding() and "name" not in talk.frame.answers:
            account = await talk.ask_shop(FindAccount(), customer)
            raise talk.over("utter_account_exists", email=account.email)
        await open_account(talk)


class RegistrationProblems(Task):
    """Finds out what stands in the way of an account: one that exists gets a link to it, else one is opened."""

    intent = "registration_problems"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        await open_account(talk, "utter_ask_email_for_registration")


async def open_account(talk: Talk, question: str = "utter_ask_email_for_account") -> None:
    """Open an account, or send the way into the one that exists. The address is proved before either is told."""
    email, customer = await prove_mailbox(talk, question)
    if customer is not None and "name" not in talk.frame.answers and talk.frame.asked != "name":
        await talk.do(SendPasswordLink(email))
        raise talk.over("utter_account_exists_link_sent", email=email)
    name = str(await talk.answer(text_field("name", "utter_ask_name", letters=True)))
    kind = str(talk.frame.answers.setdefault(KIND, _kind_given(talk.frame.given) or AccountKind.FREE.value))
    try:
        await talk.do(CreateAccount(email, name, AccountKind(kind)))
    except Refused as refusal:
        raise _refused(talk, refusal) from None
    talk.say("utter_account_created", email=email, name=name, kind=talk.words.text(f"utter_kind_{kind}"))


class DeleteAnAccount(Task):
    """Closes the account after the customer has confirmed it."""

    intent = "delete_account"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        email = talk.frame.answers.get("closing")
        if email is None:
            account = await talk.ask_shop(FindAccount(), customer)
            email = talk.frame.answers["closing"] = account.email
        if not await talk.confirmed("utter_confirm_delete_account", email=email):
            raise talk.over("utter_nothing_changed")
        try:
            await talk.do(DeleteAccount(), customer)
        except Refused as refusal:
            raise _refused(talk, refusal) from None
        memory = talk.memory
        memory.proof, memory.at_hand, memory.tasks, memory.owner = None, {}, [talk.frame], None
        talk.say("utter_account_deleted", email=email)


class EditAnAccount(Task):
    """Gives name, e-mail address or phone number of the account a new value."""

    intent = "edit_account"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk, given=False)
        choices = [
            Choice(talk.words.text(f"utter_title_{part.value}"), {"part": part.value})
            for part in AccountField
        ]
        named = [
            part.value
            for part in (AccountField.EMAIL, AccountField.PHONE)
            if talk.frame.given.get(part.value)
        ]
        if len(named) == 1:
            talk.frame.answers.setdefault("part", named[0])
        part = AccountField(await talk.choose("part", "utter_ask_what_to_edit", choices))
        value = await _new_value(talk, part)
        try:
            account = await talk.do(EditAccount(part, value), customer)
        except Refused as refusal:
            raise _refused(talk, refusal) from None
        talk.say("utter_account_edited", **_shown(account))


async def _new_value(talk: Talk, part: AccountField) -> str:
    if part is AccountField.EMAIL:
        email, _ = await prove_mailbox(talk, "utter_ask_new_email")
        return email
    if part is AccountField.PHONE:
        return str(await talk.answer(Field("phone", "utter_ask_new_phone", _read_phone, _phone_given)))
    return str(await talk.answer(text_field("new_name", "utter_ask_new_name", letters=True)))


class SwitchAnAccount(Task):
    """Makes the account another type after the customer has confirmed it."""

    intent = "switch_account"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await prove(talk)
        account = await talk.ask_shop(FindAccount(), customer)
        choices = [
            Choice(talk.words.text(f"utter_kind_{kind.value}"), {KIND: kind.value})
            for kind in AccountKind
            if kind is not account.kind or talk.deciding()
        ]
        present = talk.words.text(f"utter_kind_{account.kind.value}")
        field = choice_field(KIND, "utter_ask_account_type", choices, present=present)
        kind = AccountKind(await talk.answer(field))
        values = {"kind": talk.words.text(f"utter_kind_{kind.value}"), "present": present}
        if not await talk.confirmed("utter_confirm_switch", **values):
            raise talk.over("utter_nothing_changed")
        try:
            await talk.do(SwitchAccount(kind), customer)
        except Refused as refusal:
            raise _refused(talk, refusal) from None
        talk.say("utter_account_switched", **values)


class RecoverPassword(Task):
    """Sends a link to choose a new password. Whether the address is known is not told."""

    intent = "recover_password"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        customer = await proved(talk)
        if customer is not None and "email" not in talk.frame.answers:
            account = await talk.ask_shop(FindAccount(), customer)
            talk.frame.answers["email"] = account.email
        email = str(await talk.answer(EMAIL.asking("utter_ask_email_for_password")))
        await count_mail(talk, email)
        await talk.do(SendPasswordLink(email))
        talk.say("utter_password_link_sent", email=email)


def _refused(talk: Talk, refusal: Refused) -> Exception:
    return talk.over(f"utter_refused_{refusal.reason.value}", contact=support_contact())


def _kind_given(given: Given) -> str | None:
    kinds = {kind.value for kind in AccountKind}
    return next((value for value in given.get(KIND, ()) if value in kinds), None)


def _phone_given(given: Given) -> str | None:
    found = given.get("phone", ())
    return found[0] if len(found) == 1 else None


def _read_phone(turn: Turn) -> str | None:
    found = _phone_given(turn.given)
    if found:
        return found
    if turn.given.get("order_number"):
        return None
    kept = "".join(letter for letter in turn.text if letter.isdecimal() or letter == "+")
    return kept if 7 <= len(kept) <= 16 and len(turn.text.split()) <= 8 else None


def _shown(account: Account) -> dict[str, str]:
    return {"name": account.name, "email": account.email, "phone": account.phone or "–"}
