"""Whether a message of ours says sorry, in any of the five languages. Pure."""

from __future__ import annotations

import re

_SORRY = re.compile(
    r"\b(?:sorry|apolog\w+"
    r"|przepraszam\w*|przykro"
    r"|συγγνώμη|συγνώμη|λυπ(?:άμαι|ούμαστε|όμαστε)"
    r"|съжалявам\w*|извин(?:ете|явам\w*|ения)"
    r"|(?:îmi|ne) pare r[aă]u|scuze|scuzați)\b",
    re.IGNORECASE,
)


def says_sorry(text: str) -> bool:
    """Whether somebody who reads this has been told that we are sorry; for which of our faults does not matter."""
    return _SORRY.search(text) is not None
