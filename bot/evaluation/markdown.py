"""A report as Markdown: what is printed, and saved as `report.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.evaluation.entities import Count, EntityScores
from bot.evaluation.report import ALL, NEW, Detail, Report
from bot.evaluation.scores import Score

WORST = 5
_HEAD = (
    "", "in scope", "accuracy", "macro-F1", "answered right", "kept", "outside", "caught", "AUROC",
    "ECE", "ECE all", "language",
)  # fmt: skip


def as_markdown(report: Report) -> str:
    """Return the whole report; `docs/evaluation.md` says what each column means."""
    parts = [
        _beginning(report),
        _scores("By language", report, [ALL, *_if_there(report, NEW), *report.languages]),
        _scores("By variant", report, report.variants),
        _both(report),
        *([_entities(report.entities)] if report.entities else []),
        *(_language(name, report.details[name]) for name in (ALL, *report.languages)),
    ]
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right, padded to be read as text."""
    cells = [tuple(head), *map(tuple, rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [
            row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        for row in cells
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (padded[0], rule, *padded[1:]))


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure for people; a dash for what was not measured."""
    return "–" if value is None else f"{value:.{digits}f}"


def _beginning(report: Report) -> str:
    about = report.about
    context = "the conversation's language given" if about.context else "no context given"
    lines = [
        "# Evaluation",
        "",
        f"* model {about.model}, file {about.file}, {about.date}; {context}",
        f"* {report.twins} messages are, letters only, also training lines",
    ]
    if report.unknown:
        named = ", ".join(f"{name} ({count})" for name, count in report.unknown.items())
        lines.append(f"* **intents that the model does not have** (they count as wrong): {named}")
    return "\n".join(lines)


def _scores(title: str, report: Report, groups: Iterable[str]) -> str:
    return f"## {title}\n\n" + table(_HEAD, [_row(name, report.scores[name]) for name in groups])


def _row(name: str, score: Score) -> tuple[str, ...]:
    return (
        name,
        str(score.messages),
        number(score.accuracy),
        number(score.macro_f1),
        number(score.answered_right),
        number(score.kept),
        str(score.outside),
        number(score.caught),
        number(score.auroc),
        number(score.calibration_error),
        number(score.calibration_error_all),
        number(score.language_right),
    )


def _both(report: Report) -> str:
    rows = [
        (language, *(_accuracy(report.scores.get(f"{language} {variant}")) for variant in report.variants))
        for language in report.languages
    ]
    return "## Accuracy by language and variant (messages)\n\n" + table(("", *report.variants), rows)


def _accuracy(score: Score | None) -> str:
    return "–" if score is None else f"{number(score.accuracy)} ({score.messages})"


def _entities(entities: EntityScores) -> str:
    kinds = {kind: count for (group, kind), count in entities.entities.items() if group == ALL}
    named = {**entities.languages, **kinds}
    rows = [_count_row(name, count) for name, count in named.items()]
    head = ("", "right", "wrong", "missed", "precision", "recall", "F1")
    whole = f"{entities.lines_right} of {entities.lines} messages wholly right."
    return f"## Entities\n\n{whole}\n\n" + table(head, rows)


def _count_row(name: str, count: Count) -> tuple[str, ...]:
    counted = (str(count.right), str(count.wrong), str(count.missed))
    return (name, *counted, number(count.precision), number(count.recall), number(count.f1))


def _language(name: str, detail: Detail) -> str:
    worst = [
        (
            item.intent,
            str(item.messages),
            number(item.precision),
            number(item.recall),
            number(item.f1),
            item.taken_for,
        )
        for item in detail.intents[:WORST]
    ]
    confused = [(f"{item.true} → {item.read}", str(item.count)) for item in detail.confusions]
    covered = [
        (number(item.share), number(item.threshold), number(item.accuracy), number(item.let_through))
        for item in detail.coverage
    ]
    return "\n\n".join(
        (
            f"## {name}: worst intents, confusions, coverage",
            table(("intent", "messages", "precision", "recall", "F1", "mostly taken for"), worst),
            table(("taken for", "times"), confused),
            table(("answered", "threshold", "accuracy", "outside let through"), covered),
        )
    )


def _if_there(report: Report, *names: str) -> list[str]:
    return [name for name in names if name in report.scores]
