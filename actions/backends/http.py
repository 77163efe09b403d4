"""A shop somewhere else, asked over HTTP. The contract is docs/shop-api.md."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import aiohttp

from actions.backends.faults import (
    CustomerNotFound,
    NotFound,
    ShopAnswerInvalid,
    ShopTimeout,
    ShopUnavailable,
)
from actions.backends.requests import Answer, Command, Question, answer_type
from actions.backends.things import Customer, Order
from actions.backends.wire import decode, encode, error_of

MAX_ANSWER_BYTES = 256 * 1024

# With these a shop says that it did not begin the work.
NOT_BEGUN = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.NOT_IMPLEMENTED,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
# With these it says why it does not do it, in a Problem.
PROBLEMS = {
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True)
class _Reply:
    status: int
    body: bytes


class HttpShop:
    """The HTTP adapter. A session lives for one request: actions may run in any event loop."""

    def __init__(self, url: str, *, token: str | None = None, timeout: float = 5.0) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def find_customer(self, *, email: str | None = None, user_id: str | None = None) -> Customer:
        """See Shop."""
        wanted = {"email": email} if email is not None else {"user_id": user_id}
        try:
            reply = await self._post("/customers/find", {}, encode(wanted), reads=True)
            return cast(Customer, _read(reply, Customer))
        except NotFound:
            raise CustomerNotFound from None

    async def ask(self, question: Question[Answer], customer: str | None, language: str) -> Answer:
        """See Shop."""
        path, headers = f"/questions/{type(question).__name__}", _headers(customer, language)
        reply = await self._post(path, headers, encode(question), reads=True)
        return cast(Answer, _same_order(_read(reply, answer_type(type(question))), question))

    async def do(self, command: Command[Answer], customer: str | None, key: str, language: str) -> Answer:
        """See Shop."""
        path, headers = f"/commands/{type(command).__name__}", _headers(customer, language)
        headers["Idempotency-Key"] = quote(key, safe="")
        try:
            reply = await self._post(path, headers, encode(command), reads=False)
            return cast(Answer, _same_order(_read(reply, answer_type(type(command))), command))
        except ShopAnswerInvalid as error:
            # It answered something, so it may have done it: nobody must hear "nothing was changed".
            raise ShopAnswerInvalid(error.reason, changed_nothing=False) from None

    async def check(self) -> None:
        """See Shop."""
        reply = await self._request("GET", "/health", {}, None, reads=True)
        if reply.status != HTTPStatus.OK:
            raise ShopUnavailable(f"the shop answered {reply.status}")

    async def close(self) -> None:
        """See Shop. Nothing is held between two requests."""

    async def _post(self, path: str, headers: dict[str, str], body: bytes, *, reads: bool) -> _Reply:
        reply = await self._request("POST", path, headers, body, reads=reads)
        if reply.status == HTTPStatus.OK or reply.status in PROBLEMS:
            return reply
        nothing = reads or reply.status in NOT_BEGUN
        raise ShopUnavailable(f"the shop answered {reply.status}", changed_nothing=nothing)

    async def _request(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, *, reads: bool
    ) -> _Reply:
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout, headers=self._headers) as session,
                session.request(
                    method, self._url + path, headers=headers, data=body, allow_redirects=False
                ) as response,
            ):
                return _Reply(response.status, await _bounded_body(response))
        except aiohttp.ConnectionTimeoutError:
            raise ShopTimeout("the shop did not take the connection in time") from None
        except asyncio.TimeoutError:
            raise ShopTimeout("the shop did not answer in time", changed_nothing=reads) from None
        except aiohttp.ClientConnectorError as error:
            raise ShopUnavailable(f"cannot connect to the shop: {error}") from error
        except aiohttp.InvalidURL as error:
            raise ShopUnavailable(f"the shop's address is wrong: {error}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ShopUnavailable(f"the shop broke off: {error!r}", changed_nothing=reads) from error


async def _bounded_body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise ShopAnswerInvalid("the shop's answer is too long")
    return bytes(body)


def _headers(customer: str | None, language: str) -> dict[str, str]:
    # Headers, not the query: access logs keep addresses, and customer ids do not belong there.
    headers = {"Accept-Language": language}
    if customer is not None:
        headers["Grija-Shop-Customer"] = quote(customer, safe="")
    return headers


def _read(reply: _Reply, kind: Any) -> Any:
    if reply.status == HTTPStatus.OK:
        return decode(reply.body, kind)
    raise error_of(reply.body)


def _same_order(answer: Any, request: Question[Any] | Command[Any]) -> Any:
    if isinstance(answer, Order) and getattr(request, "number", answer.number) != answer.number:
        raise ShopAnswerInvalid("the shop answered with another order")
    return answer
