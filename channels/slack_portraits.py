"""The pictures that people have chosen for themselves in Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from bot.errors import AddressUnreachable, AttachmentUnavailable, DeliveryError
from bot.models import Address
from channels.slack_workspaces import TROUBLES, Workspaces, delay_of, name_of

_PIECE = 64 * 1024
_SIZES = ("image_192", "image_72")


class Portraits:
    """Opens the picture of a person by their address."""

    def __init__(self, workspaces: Workspaces, api_url: str) -> None:
        self._workspaces = workspaces
        self._api = urlsplit(api_url)

    async def open(self, address: Address) -> AsyncIterator[bytes]:
        """The picture in pieces. AttachmentUnavailable if nobody has chosen one; DeliveryError: ask later."""
        try:
            client = await self._workspaces.of(address.account)
            user = (await client.users_info(user=address.external_id))["user"]
        except AddressUnreachable as error:
            raise AttachmentUnavailable(str(error)) from error
        except TROUBLES as error:
            raise delay_of(error) or DeliveryError(f"no answer from Slack: {name_of(error)}") from error
        profile = user.get("profile") or {}
        # Else Slack, or Gravatar, shows a pattern that says nothing.
        chosen = [profile.get(size) for size in _SIZES] if profile.get("is_custom_image") else []
        for found in chosen:
            if isinstance(found, str) and self._is_slacks(found):
                return self._pieces(found)
        raise AttachmentUnavailable("this person has chosen no picture")

    def _is_slacks(self, address: str) -> bool:
        asked = urlsplit(address)
        if (asked.scheme, asked.netloc) == (self._api.scheme, self._api.netloc):
            return True
        return asked.scheme == "https" and (asked.hostname or "").endswith(".slack-edge.com")

    async def _pieces(self, address: str) -> AsyncIterator[bytes]:
        # These addresses are open to everybody: no token, and no redirects to anywhere else.
        async with self._workspaces.session.get(address, allow_redirects=False) as response:
            if response.status >= 500:
                raise DeliveryError(f"Slack answers {response.status} for a picture")
            if response.status != 200:
                raise AttachmentUnavailable(f"Slack answers {response.status} for a picture")
            async for piece in response.content.iter_chunked(_PIECE):
                yield piece
