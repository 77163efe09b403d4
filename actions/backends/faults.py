"""What can go wrong between the actions and the shop.

ShopError
├── ShopUnavailable          the shop gave no usable answer; `changed_nothing` says what that means
│   ├── ShopTimeout          it did not answer in time
│   ├── ShopAnswerInvalid    it answered, but not what its contract says
│   └── ShopMisconfigured    our own settings of the shop are wrong
├── NotFound                 there is no such thing, or none that this customer may know of
│   └── CustomerNotFound     the shop knows nobody with this e-mail or user id
├── Refused                  the shop does not do it, for `reason`; nothing was changed
└── AddressInvalid           the address cannot be right: `field` is the first wrong one
"""

from __future__ import annotations

from actions.backends.things import Refusal


class ShopError(Exception):
    """Base of all that a `Shop` raises."""


class ShopUnavailable(ShopError):
    """No usable answer. `changed_nothing` is False if a change may have happened nevertheless."""

    def __init__(self, reason: str, *, changed_nothing: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.changed_nothing = changed_nothing


class ShopTimeout(ShopUnavailable):
    """The shop did not answer in time."""


class ShopAnswerInvalid(ShopUnavailable):
    """The shop answered something that its contract does not allow."""


class ShopMisconfigured(ShopUnavailable):
    """The settings of the shop are wrong; the message says which."""


class NotFound(ShopError):
    """There is no such thing, or it is another customer's: nobody is told the difference."""

    def __init__(self, what: str = "") -> None:
        super().__init__(f"not found: {what}")


class CustomerNotFound(NotFound):
    """The shop knows nobody by what was given."""

    def __init__(self) -> None:
        super().__init__("customer")


class Refused(ShopError):
    """The shop does not do it. Nothing was changed."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"refused: {reason.value}")
        self.reason = reason


class AddressInvalid(ShopError):
    """An address with a wrong `field`: name, street, city, postcode or country (also: not served)."""

    def __init__(self, field: str) -> None:
        super().__init__(f"wrong address: {field}")
        self.field = field
