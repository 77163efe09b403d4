"""Files that came with messages of Slack: asked for by their id, read with the token of their workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.errors import AddressUnreachable, AttachmentUnavailable, DeliveryError
from channels.slack_workspaces import TROUBLES, Workspaces, delay_of, error_of

_PIECE = 64 * 1024
_GONE = ("file_deleted", "file_not_found", "missing_scope")


class Files:
    """Opens files by `IncomingFile.remote_id`, which is `account/file id`."""

    def __init__(self, workspaces: Workspaces, api_url: str) -> None:
        self._workspaces = workspaces
        self._api = urlsplit(api_url)

    async def open(self, remote_id: str) -> AsyncIterator[bytes]:
        """The bytes of a file in pieces. AttachmentUnavailable if Slack will never give it out."""
        account, _, file_id = remote_id.partition("/")
        try:
            token = await self._workspaces.token(account)
            described = (await self._workspaces.with_token(token).files_info(file=file_id))["file"]
        except AddressUnreachable as error:
            raise AttachmentUnavailable(str(error)) from error
        except TROUBLES as error:
            raise _meaning(error) from error
        return self._pieces(token, self._address(described), described.get("mimetype"))

    def _address(self, described: Mapping[str, Any]) -> str:
        found = described.get("url_private_download") or described.get("url_private")
        if not isinstance(found, str) or not self._may_have_token(found):
            raise AttachmentUnavailable("Slack does not keep this file itself")
        return found

    def _may_have_token(self, address: str) -> bool:
        asked = urlsplit(address)
        if (asked.scheme, asked.netloc) == (self._api.scheme, self._api.netloc):
            return True
        return asked.scheme == "https" and (asked.hostname or "").endswith(".slack.com")

    async def _pieces(self, token: str, address: str, mime: object) -> AsyncIterator[bytes]:
        headers = {"Authorization": f"Bearer {token}"}
        # No redirects: the token is for Slack alone.
        async with self._workspaces.session.get(address, headers=headers, allow_redirects=False) as response:
            if response.status != 200:
                raise DeliveryError(f"Slack answers {response.status} for a file")
            if response.content_type == "text/html" and mime != "text/html":
                # To who may not read files, Slack shows a page to sign in.
                raise AttachmentUnavailable("Slack does not let us read files; does the app have files:read?")
            async for piece in response.content.iter_chunked(_PIECE):
                yield piece


def _meaning(error: BaseException) -> DeliveryError:
    word = error_of(error)
    if word in _GONE:
        return AttachmentUnavailable(f"Slack says {word}")
    return delay_of(error) or DeliveryError(f"Slack says {word}" if word else type(error).__name__)
