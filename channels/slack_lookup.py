"""Whether Slack has a message of ours already: looked up by the id that we have written into its metadata."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack_deliveries import NAME
from channels.slack_rendering import part_of
from channels.slack_workspaces import error_of

log = structlog.get_logger(__name__)

_CLOCKS_DIFFER = timedelta(minutes=5)
_PAGE = 100
_MOST_PAGES = 10


async def parts_at_slack(
    client: AsyncWebClient, channel: str, thread: str | None, message_id: str, *, since: datetime
) -> dict[int, str]:
    """The parts of a message that stand in a channel, or in a thread of it, with Slack's `ts` of each.

    Empty as well if we may not look: not to know is no reason never to send. Raises what the client raises.
    """
    window: dict[str, Any] = {
        "channel": channel,
        "oldest": f"{(since - _CLOCKS_DIFFER).timestamp():.6f}",
        "limit": _PAGE,
        "include_all_metadata": True,
    }
    found: dict[int, str] = {}
    for _ in range(_MOST_PAGES):
        try:
            page = await _page(client, thread, window)
        except Exception as error:
            if error_of(error) != "missing_scope":
                raise
            log.warning("slack.lookup_refused", channel=NAME, error="missing_scope")
            return found
        for said in page.get("messages") or ():
            part = part_of(said, message_id)
            if part is not None:
                found[part] = str(said["ts"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return found
        window["cursor"] = cursor
    log.warning("slack.lookup_ended_early", channel=NAME, pages=_MOST_PAGES)
    return found


async def _page(client: AsyncWebClient, thread: str | None, window: dict[str, Any]) -> Any:
    if thread:
        return await client.conversations_replies(ts=thread, **window)
    return await client.conversations_history(**window)
