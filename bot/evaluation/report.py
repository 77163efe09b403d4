"""What was measured on one file, in the form that is printed and saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.evaluation.calibration import Bin, reliability
from bot.evaluation.confusion import Confusion, IntentScore, Matrix, confusions, intent_scores, matrix
from bot.evaluation.entities import EntityScores
from bot.evaluation.heldout import OUTSIDE
from bot.evaluation.judged import Judged
from bot.evaluation.scope import Coverage, coverages
from bot.evaluation.scores import Score, score
from bot.evaluation.twins import normal

ALL = "all"
NEW = "all, without training lines"
CURVE = tuple(1 - step / 100 for step in range(0, 91))


@dataclass(frozen=True)
class About:
    """What was judged and how: `context` tells whether the conversation's language was given."""

    model: str
    file: str
    date: str
    context: bool


@dataclass(frozen=True)
class Detail:
    """One language, or all, in detail; intents are sorted from the worst F1 to the best."""

    intents: tuple[IntentScore, ...]
    confusions: tuple[Confusion, ...]
    matrix: Matrix
    reliability: tuple[Bin, ...]
    coverage: tuple[Coverage, ...]
    curve: tuple[Coverage, ...]


@dataclass(frozen=True)
class Report:
    """Scores by group, details by language; "all" is both a group and a language.

    `languages` and `variants` name groups; the group of both is "el latin". `unknown` counts the messages of each
    intent that the model does not have: they count as wrong. `twins` counts messages that are also training lines.
    """

    about: About
    languages: tuple[str, ...]
    variants: tuple[str, ...]
    scores: Mapping[str, Score]
    details: Mapping[str, Detail]
    unknown: Mapping[str, int]
    twins: int
    entities: EntityScores | None
    mistakes: tuple[Judged, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "about": asdict(self.about),
            "scores": {name: asdict(item) for name, item in self.scores.items()},
            "details": {name: _detail_as_dict(item) for name, item in self.details.items()},
            "unknown_intents": dict(self.unknown),
            "training_lines": self.twins,
            "entities": _entities_as_dict(self.entities) if self.entities else None,
            "mistakes": [asdict(item) for item in self.mistakes],
        }


def build_report(
    about: About,
    judged: Sequence[Judged],
    known: Iterable[str],
    training: frozenset[str],
    entities: EntityScores | None,
) -> Report:
    """Group and count. `known` are the intents the model has, `training` normal forms of its training lines."""
    languages = tuple(dict.fromkeys(item.held.language for item in judged))
    variants = tuple(dict.fromkeys(item.held.variant for item in judged))
    fresh = [item for item in judged if normal(item.held.text) not in training]
    spoken = {language: [item for item in judged if item.held.language == language] for language in languages}
    return Report(
        about,
        languages,
        variants,
        {name: score(group) for name, group in _groups(judged, fresh).items()},
        {name: _detail(group) for name, group in {ALL: judged, **spoken}.items()},
        _unknown(judged, frozenset(known)),
        len(judged) - len(fresh),
        entities,
        tuple(item for item in judged if not item.right),
    )


def _groups(judged: Sequence[Judged], fresh: Sequence[Judged]) -> dict[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {ALL: list(judged)}
    if len(fresh) < len(judged):
        groups[NEW] = list(fresh)
    for item in judged:
        for name in dict.fromkeys(
            (item.held.language, item.held.variant, f"{item.held.language} {item.held.variant}")
        ):
            groups.setdefault(name, []).append(item)
    return groups


def _detail(judged: Sequence[Judged]) -> Detail:
    inside = [item for item in judged if not item.held.outside]
    return Detail(
        intent_scores(judged),
        confusions(judged),
        matrix(judged),
        reliability([item.confidence for item in inside], [item.right for item in inside]),
        coverages(judged),
        coverages(judged, CURVE),
    )


def _unknown(judged: Sequence[Judged], known: frozenset[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in judged:
        if item.held.intent not in known | OUTSIDE:
            counts[item.held.intent] = counts.get(item.held.intent, 0) + 1
    return dict(sorted(counts.items()))


def _detail_as_dict(detail: Detail) -> dict[str, Any]:
    return {
        "intents": [asdict(item) for item in detail.intents],
        "confusions": [asdict(item) for item in detail.confusions],
        "matrix": {"names": list(detail.matrix.names), "counts": detail.matrix.counts.tolist()},
        "reliability": [asdict(item) for item in detail.reliability],
        "coverage": [asdict(item) for item in detail.coverage],
    }


def _entities_as_dict(entities: EntityScores) -> dict[str, Any]:
    kinds = {f"{group} {kind}": count for (group, kind), count in entities.entities.items()}
    return {
        "lines": entities.lines,
        "lines_right": entities.lines_right,
        "scores": {
            name: {**asdict(count), "precision": count.precision, "recall": count.recall, "f1": count.f1}
            for name, count in {**entities.languages, **kinds}.items()
        },
    }
