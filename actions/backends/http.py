"""A shop somewhere else, asked over HTTP. The contract is docs/shop-api.md."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp

from actions.backends.model import (
    AccessRefused,
    Asker,
    Order,
    OrderNotCancellable,
    OrderNotFound,
    ShopAnswerInvalid,
    ShopTimeout,
    ShopUnavailable,
)
from actions.backends.wire import order_from_json, refusal_from_json

MAX_ANSWER_BYTES = 256 * 1024

# With these a shop says that it did not begin the work.
NOT_BEGUN = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise ShopAnswerInvalid("the shop's answer is not JSON") from None


class HttpShop:
    """The HTTP adapter. A session lives for one request: actions may run in any event loop."""

    def __init__(self, url: str, *, token: str | None = None, timeout: float = 5.0) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def find_order(self, number: str, asker: Asker) -> Order:
        """See Shop."""
        answer = await self._request("GET", _order_path(number), _asker_headers(asker))
        _raise_for_access(answer, number)
        if answer.status != HTTPStatus.OK:
            raise ShopUnavailable(f"the shop answered {answer.status}")
        return _same_order(order_from_json(answer.json()), number)

    async def cancel_order(self, number: str, request_id: str, asker: Asker) -> Order:
        """See Shop."""
        headers = _asker_headers(asker) | {"Idempotency-Key": quote(request_id, safe="")}
        try:
            answer = await self._request("POST", f"{_order_path(number)}/cancellation", headers)
            _raise_for_access(answer, number)
            if answer.status == HTTPStatus.CONFLICT:
                raise OrderNotCancellable(number, refusal_from_json(answer.json()))
            if answer.status != HTTPStatus.OK:
                begun = answer.status not in NOT_BEGUN
                raise ShopUnavailable(f"the shop answered {answer.status}", changed_nothing=not begun)
            return _same_order(order_from_json(answer.json()), number)
        except ShopAnswerInvalid as error:
            # It answered something, so it may have cancelled: nobody must hear "nothing was changed".
            raise ShopAnswerInvalid(error.reason, changed_nothing=False) from None

    async def check(self) -> None:
        """See Shop."""
        answer = await self._request("GET", "/health", {})
        if answer.status != HTTPStatus.OK:
            raise ShopUnavailable(f"the shop answered {answer.status}")

    async def close(self) -> None:
        """See Shop. Nothing is held between two requests."""

    async def _request(self, method: str, path: str, headers: dict[str, str]) -> _Answer:
        reads = method == "GET"
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout, headers=self._headers) as session,
                session.request(method, self._url + path, headers=headers, allow_redirects=False) as response,
            ):
                return _Answer(response.status, await _bounded_body(response))
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


def _order_path(number: str) -> str:
    return f"/orders/{quote(number, safe='')}"


def _asker_headers(asker: Asker) -> dict[str, str]:
    # Headers, not the query: access logs keep addresses, and customer ids do not belong there.
    return {
        "Accept-Language": asker.language,
        "Grija-Channel": quote(asker.channel, safe=""),
        "Grija-Customer": quote(asker.customer_id, safe=""),
        "Grija-Verified": "true" if asker.verified else "false",
    }


def _raise_for_access(answer: _Answer, number: str) -> None:
    if answer.status == HTTPStatus.NOT_FOUND:
        raise OrderNotFound(number)
    if answer.status == HTTPStatus.FORBIDDEN:
        raise AccessRefused(number)


def _same_order(order: Order, number: str) -> Order:
    if order.number != number:
        raise ShopAnswerInvalid("the shop answered with another order")
    return order
