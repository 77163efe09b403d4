"""What customers do with their account in the demo shop, and with the newsletter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from actions.backends import requests
from actions.backends.addresses import check_address
from actions.backends.demo import reading
from actions.backends.demo.desk import Desk
from actions.backends.demo.seeds import FIRST_CUSTOMER
from actions.backends.faults import CustomerNotFound, Refused
from actions.backends.things import (
    Account,
    AccountField,
    Address,
    Closed,
    Refusal,
    Registration,
    Sent,
    Subscription,
    SubscriptionState,
)

# While an order is in one of these states, or was never paid, its customer may leave.
_AT_REST = ("delivered", "returned", "cancelled", "payment_failed")

_WORD = r"[^\s@.<>,;:\"()\[\]\\]"
_EMAIL = rf"{_WORD}+(\.{_WORD}+)*@({_WORD}+\.)+[^\W\d_]{{2,}}"


def add_address(desk: Desk, command: requests.AddAddress) -> Address:
    """Keep one more address."""
    customer = desk.owner()
    check_address(command.address)
    new = desk.run(
        "INSERT INTO address (customer, name, street, city, postcode, country) VALUES (?, ?, ?, ?, ?, ?)",
        customer, *_parts(command.address),
    )  # fmt: skip
    return reading.read_address(desk, str(new.lastrowid))


def change_address(desk: Desk, command: requests.ChangeAddress) -> Address:
    """Replace an address."""
    kept = reading.read_address(desk, command.address_id)
    check_address(command.address)
    desk.run(
        "UPDATE address SET name = ?, street = ?, city = ?, postcode = ?, country = ? WHERE id = ?",
        *_parts(command.address), (kept.id or "").removeprefix("A"),
    )  # fmt: skip
    return reading.read_address(desk, command.address_id)


def _parts(address: Address) -> tuple[str, ...]:
    return address.name, address.street, address.city, address.postcode, address.country


def create_account(desk: Desk, command: requests.CreateAccount) -> Registration:
    """Open an account, unless the address has one: its owner learns that by mail, nobody else does."""
    email, name = _email(command.email), _name(command.name)
    if _is_known(desk, email):
        desk.mail(email, "account_exists")
    else:
        last = desk.rows("SELECT MAX(CAST(substr(id, 2) AS INTEGER)) FROM customer")[0][0]
        desk.run(
            "INSERT INTO customer (id, email, name, language, kind) VALUES (?, ?, ?, ?, ?)",
            f"C{(last or FIRST_CUSTOMER) + 1}", email, name, desk.language, command.kind.value,
        )  # fmt: skip
        desk.mail(email, "welcome", name=name, kind=command.kind.value)
    return Registration(email, name, command.kind)


def delete_account(desk: Desk, command: requests.DeleteAccount) -> Closed:
    """Forget the person; orders stay, as the books ask, without a name. Refused while something is on the way."""
    account = reading.read_account(desk)
    states = {
        row["status"] for row in desk.rows("SELECT status FROM purchase WHERE customer = ?", account.customer)
    }
    if states - set(_AT_REST):
        raise Refused(Refusal.ORDERS_ON_THE_WAY)
    forgotten = f"{account.customer.lower()}@deleted.invalid"
    desk.run(
        "UPDATE customer SET user_id = NULL, email = ?, name = '-', phone = NULL, closed = 1 WHERE id = ?",
        forgotten, account.customer,
    )  # fmt: skip
    desk.run("DELETE FROM address WHERE customer = ?", account.customer)
    desk.run("UPDATE purchase SET address = NULL WHERE customer = ?", account.customer)
    desk.run("UPDATE review SET customer = NULL WHERE customer = ?", account.customer)
    desk.run("DELETE FROM newsletter WHERE email = ?", account.email)
    # Answers of earlier commands hold what was just forgotten.
    desk.run(
        "DELETE FROM request WHERE customer = ? OR instr(answer, ?)", account.customer, account.email.encode()
    )
    desk.run("DELETE FROM mail WHERE address = ?", account.email)
    desk.mail(account.email, "closed")
    return Closed(account.customer)


def edit_account(desk: Desk, command: requests.EditAccount) -> Account:
    """Give one field a new value."""
    account = reading.read_account(desk)
    if command.field is AccountField.EMAIL:
        _change_email(desk, account, _email(command.value))
    elif command.field is AccountField.NAME:
        desk.run("UPDATE customer SET name = ? WHERE id = ?", _name(command.value), account.customer)
    else:
        desk.run("UPDATE customer SET phone = ? WHERE id = ?", _phone(command.value), account.customer)
    return reading.read_account(desk)


def _change_email(desk: Desk, account: Account, email: str) -> None:
    if email == account.email:
        return
    if _is_known(desk, email):
        raise Refused(Refusal.EMAIL_TAKEN)
    desk.run("UPDATE customer SET email = ? WHERE id = ?", email, account.customer)
    desk.run("DELETE FROM newsletter WHERE email = ?", email)
    desk.run("UPDATE newsletter SET email = ? WHERE email = ?", email, account.email)
    # To the old address: if it was a thief, this is how the owner learns of it.
    desk.mail(account.email, "email_changed")


def send_password_link(desk: Desk, command: requests.SendPasswordLink) -> Sent:
    """Mail a link, if the address is known."""
    email = _email(command.email)
    try:
        customer = reading.find_customer(desk, email, None)
    except CustomerNotFound:
        return Sent(email)
    desk.mail(email, "password", link=desk.link("passwords", customer.id))
    return Sent(email)


def switch_account(desk: Desk, command: requests.SwitchAccount) -> Account:
    """Make it another type."""
    account = reading.read_account(desk)
    if account.kind is command.kind:
        raise Refused(Refusal.SAME_KIND)
    desk.run("UPDATE customer SET kind = ? WHERE id = ?", command.kind.value, account.customer)
    return reading.read_account(desk)


def subscribe(desk: Desk, command: requests.Subscribe) -> Subscription:
    """Subscribe the proved customer's own address at once, any other one after a click in a mail."""
    email = _email(command.email)
    if reading.subscription_state(desk, email) is SubscriptionState.SUBSCRIBED and _is_own(desk, email):
        return Subscription(email, SubscriptionState.SUBSCRIBED)
    if _is_own(desk, email):
        _set_subscription(desk, email, SubscriptionState.SUBSCRIBED)
        return Subscription(email, SubscriptionState.SUBSCRIBED)
    # The same answer whether it is subscribed already: that is nobody else's business.
    if reading.subscription_state(desk, email) is not SubscriptionState.SUBSCRIBED:
        id = _set_subscription(desk, email, SubscriptionState.PENDING)
        desk.mail(email, "newsletter", link=desk.link("newsletter", id))
    return Subscription(email, SubscriptionState.PENDING)


def unsubscribe(desk: Desk, command: requests.Unsubscribe) -> Subscription:
    """Send no newsletter to the address any more."""
    email = _email(command.email)
    desk.run("DELETE FROM newsletter WHERE email = ?", email)
    return Subscription(email, SubscriptionState.UNSUBSCRIBED)


def _set_subscription(desk: Desk, email: str, state: SubscriptionState) -> str:
    desk.run(
        "INSERT INTO newsletter (email, state) VALUES (?, ?) ON CONFLICT (email) DO UPDATE SET state = ?",
        email, state.value, state.value,
    )  # fmt: skip
    return str(desk.row("address", "SELECT id FROM newsletter WHERE email = ?", email)["id"])


def _is_own(desk: Desk, email: str) -> bool:
    return bool(
        desk.rows("SELECT 1 FROM customer WHERE id = ? AND email = ? AND closed = 0", desk.customer, email)
    )


def _is_known(desk: Desk, email: str) -> bool:
    return bool(desk.rows("SELECT 1 FROM customer WHERE email = ?", email))


def _email(text: str) -> str:
    email = reading.normal_email(text)
    if len(email) > 254 or not re.fullmatch(_EMAIL, email):
        raise Refused(Refusal.EMAIL_INVALID)
    return email


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 2 <= len(name) <= 100 or not name.isprintable() or not any(letter.isalpha() for letter in name):
        raise Refused(Refusal.NAME_INVALID)
    return name


def _phone(text: str) -> str:
    phone = re.sub(r"[\s()./-]", "", text)
    if not re.fullmatch(r"\+?[0-9]{7,15}", phone):
        raise Refused(Refusal.PHONE_INVALID)
    return phone


WRITERS: dict[type[requests.Command[Any]], Callable[[Desk, Any], Any]] = {
    requests.AddAddress: add_address,
    requests.ChangeAddress: change_address,
    requests.CreateAccount: create_account,
    requests.DeleteAccount: delete_account,
    requests.EditAccount: edit_account,
    requests.SendPasswordLink: send_password_link,
    requests.SwitchAccount: switch_account,
    requests.Subscribe: subscribe,
    requests.Unsubscribe: unsubscribe,
}
"""How each command about an account is done."""
