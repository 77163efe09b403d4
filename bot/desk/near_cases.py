"""Answers that solved near cases: learned from conversations that ended well, offered without anybody's data."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import structlog

from bot.desk.attempts import NOT_UNDERSTOOD, PERSON, TALK
from bot.desk.names import without_name
from bot.dialogue_protocol import Dialogue
from bot.errors import GrijaError
from bot.nlu.ahead import as_encoded
from bot.nlu.encoder import Encoder
from bot.redaction import redact
from bot.store import Store, solved
from bot.store.solved import Case, Pair

log = structlog.get_logger(__name__)

BATCH = 20
"""Cases learned in one go."""
NEAR = 0.55
"""From this cosine of centred vectors on, two questions are near though nobody knows what they want."""
SAME_WISH = 0.1
"""Two questions with the same wish are near unless their vectors are further apart than this."""
SURE = 0.5
"""How certain (0..1) a wish must be understood to be compared."""
SHORTEST, LONGEST = 25, 800
"""Characters of an answer that is worth offering."""
MOST_MASKED = 3
"""An answer with more masks than these says nothing to anybody else."""
FEW = 8
"""With fewer cases than these there is no mean to centre by."""

_DIGITS = re.compile(r"\b[\w/-]*\d[\w/-]*\d[\w/-]*\d[\w/-]*\d[\w/-]*")
_LINKS = re.compile(r"https?://\S+")
_MASK = "…"
_MASKED = re.compile(r"\[(?:email|iban|card|phone)\]")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Near:
    """An answer of an earlier case, fit to be read by other customers, and how near (0..1) the case was."""

    text: str
    score: float


class NearCases:
    """Learns and finds. Everything is in the store, so that what is erased there is not offered any more."""

    def __init__(self, store: Store, dialogue: Dialogue, encoder: Callable[[], Encoder]) -> None:
        self._store = store
        self._dialogue = dialogue
        self._encoder = encoder

    async def learn(self) -> int:
        """Learn some answers that helped; how many were looked at, 0 when nothing is left to learn."""
        pairs = await self._store.read(solved.unlearned, limit=BATCH)
        if not pairs:
            return 0
        encoder = await asyncio.to_thread(self._encoder)
        for pair in pairs:
            intent = await self._intent(pair)
            vector = await asyncio.to_thread(_bytes, encoder, pair) if _offered(pair) else b""
            await self._store.write(solved.learn, pair, intent=intent, vector=vector, encoder=encoder.name)
        return len(pairs)

    async def find(self, text: str, language: str, intent: str | None, *, but: str, limit: int) -> list[Near]:
        """Answers to the nearest questions of other conversations than `but`, the nearest first, in this language."""
        encoder = await asyncio.to_thread(self._encoder)
        known = await self._store.read(solved.cases, language, encoder.name)
        cases = [case for case in known if case.conversation_id != but]
        if not cases or not text.strip():
            return []
        vector = await asyncio.to_thread(_encoded, encoder, text, language)
        return _nearest(cases, vector, intent, limit)

    async def _intent(self, pair: Pair) -> str | None:
        if pair.intent or not pair.question.strip():
            return pair.intent
        try:
            parse = await self._dialogue.parse(pair.question, language=pair.language or None)
        except GrijaError as error:
            log.warning("case.not_parsed", error=error.code)
            return None
        found = parse.get("intent") or {}
        return str(found["name"]) if found.get("name") and found.get("confidence", 0.0) >= SURE else None


def reusable(text: str, name: str) -> str | None:
    """The answer without anything that belongs to the customer it was written for; None if too little is left.

    Masked are addresses, phones, cards and accounts, links, the customer's name, and numbers of four digits or more.
    """
    masked = _MASKED.sub(_MASK, redact(_LINKS.sub(_MASK, text)))
    masked = without_name(masked, name, _MASK)
    masked = _DIGITS.sub(_MASK, masked)
    return masked if masked.count(_MASK) - text.count(_MASK) <= MOST_MASKED else None


def _offered(pair: Pair) -> bool:
    letters = sum(letter.isalpha() for letter in pair.question)
    return bool(pair.language) and letters >= 8 and SHORTEST <= len(pair.answer) <= LONGEST


def _bytes(encoder: Encoder, pair: Pair) -> bytes:
    return _encoded(encoder, pair.question, pair.language).astype("<f4").tobytes()


def _encoded(encoder: Encoder, text: str, language: str) -> Floats:
    vector: Floats = encoder.encode([as_encoded(text, otherwise=language)])[0]
    return vector


def _nearest(cases: Sequence[Case], vector: Floats, intent: str | None, limit: int) -> list[Near]:
    rows = np.stack([np.frombuffer(case.vector, dtype="<f4") for case in cases])
    centre = rows.mean(axis=0) if len(cases) >= FEW else np.zeros_like(vector)
    scores = _normal(rows - centre) @ _normal(vector - centre)
    found: dict[str, Near] = {}
    for place in np.argsort(-scores, kind="stable"):
        case, score = cases[int(place)], float(scores[place])
        if not _is_near(case, intent, score, centred=len(cases) >= FEW):
            continue
        text = reusable(case.answer, case.customer)
        if text is not None:
            found.setdefault(text, Near(text, min(1.0, max(0.0, score))))
        if len(found) == limit:
            break
    return list(found.values())


def _is_near(case: Case, intent: str | None, score: float, *, centred: bool) -> bool:
    known = intent not in (None, NOT_UNDERSTOOD, PERSON) and intent not in TALK
    if known and case.intent == intent:
        return score >= SAME_WISH
    # What wants something else is not near, however alike the words are.
    return centred and score >= NEAR and not (known and case.intent is not None)


def _normal(rows: Floats) -> Floats:
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    result: Floats = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return result
