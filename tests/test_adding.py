"""Adding a channel touches what docs/channels/adding.md says, and nothing else; the terminal shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from channels import CHANNELS
from tests import pages

# Where a platform may be named besides its own modules, tests and pages.
PLACES = {
    "channels/__init__.py",
    "bot/settings.py",
    "bot/check.py",
    # Keeps its secrets out of the log.
    "bot/logs.py",
    # What a platform puts into use is opened by serve; the keyboard is opened by chat.
    "bot/chat.py",
    "bot/__main__.py",
}


@pytest.mark.parametrize("name", [name for name in CHANNELS if name != "web"])
def test_a_channel_is_known_only_where_this_page_says(name: str) -> None:
    naming = []
    for path in pages.tracked():
        if not re.match(r"(bot|channels|actions)/.*\.py$", path) or Path(path).name.startswith(name):
            continue
        code = _without_prose(pages.read(path))
        if re.search(rf"channels\.{name}\b|[\"']{name}[\"']|\b{name}_|{name.title()}Channel", code):
            naming.append(path)
    assert set(naming) <= PLACES, f"only {sorted(PLACES)} may know of {name}"


def _without_prose(code: str) -> str:
    return re.sub(r'""".*?"""|#[^\n]*', "", code, flags=re.DOTALL)
