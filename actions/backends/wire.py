"""Questions, commands and answers as JSON, the form that docs/shop-api.md promises. Pure: no input or output."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import msgspec

from actions.backends.faults import (
    AddressInvalid,
    NotFound,
    Refused,
    ShopAnswerInvalid,
    ShopError,
)
from actions.backends.things import Address, Refusal

ADDRESS_FIELDS = tuple(item.name for item in fields(Address) if item.name != "id")


@dataclass(frozen=True)
class Problem:
    """Why a request was not done: `error` is not_found, refused (`reason`: a Refusal) or invalid_address (a field)."""

    error: str
    reason: str = ""


def encode(value: object) -> bytes:
    """Return anything of the shop's words as JSON."""
    return msgspec.json.encode(value)


def decode(body: bytes, kind: Any) -> Any:
    """Return the thing of this type that the JSON describes. Raises ShopAnswerInvalid, naming the wrong place."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ShopAnswerInvalid(f"the shop's answer is not what it promises: {error}") from None


def problem_of(error: ShopError) -> Problem:
    """Return the problem that tells a client of this error. It must be NotFound, Refused or AddressInvalid."""
    if isinstance(error, Refused):
        return Problem("refused", error.reason.value)
    if isinstance(error, AddressInvalid):
        return Problem("invalid_address", error.field)
    assert isinstance(error, NotFound)
    return Problem("not_found")


def error_of(body: bytes) -> ShopError:
    """Return the error of a problem in JSON. Raises ShopAnswerInvalid if it is none that the contract knows."""
    problem: Problem = decode(body, Problem)
    if problem.error == "not_found":
        return NotFound("what was asked for")
    if problem.error == "refused" and problem.reason in {reason.value for reason in Refusal}:
        return Refused(Refusal(problem.reason))
    if problem.error == "invalid_address" and problem.reason in ADDRESS_FIELDS:
        return AddressInvalid(problem.reason)
    raise ShopAnswerInvalid("the shop's answer is not what it promises: an unknown error or reason")
