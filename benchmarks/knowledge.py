"""How well questions find their articles: `python -m benchmarks.knowledge [FILE]`.

Without a file it reads benchmarks/knowledge.tsv, on which the weights and the threshold were chosen, and prints the
weights that a fit on it gives. The honest figure is that of tests/nlu/knowledge.tsv, on which nothing was chosen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.nlu.knowledge import THRESHOLD, Candidate, Knowledge, open_knowledge

PROJECT = Path(__file__).resolve().parent.parent
CHOSEN_ON = PROJECT / "benchmarks" / "knowledge.tsv"
NOTHING = "none"
"""Stands for the article of a question that no article answers."""
COLUMNS = ["language", "article", "question"]


@dataclass(frozen=True)
class Asked:
    """A question with the ids of the articles that answer it, none for no article."""

    language: str
    articles: frozenset[str]
    question: str


@dataclass(frozen=True)
class Answered:
    """What came of a question; `best` is None where nothing could be compared."""

    asked: Asked
    best: Candidate | None

    @property
    def right(self) -> bool:
        """Whether the best article is one that answers it."""
        return self.best is not None and self.best.passage.id in self.asked.articles

    @property
    def said(self) -> bool:
        """Whether a customer would be given the passage."""
        return self.best is not None and self.best.score >= THRESHOLD


@dataclass(frozen=True)
class Figures:
    """`questions` have an article, `others` have none; `found`: the best article is right, whatever its score;
    `right`, `wrong`: given and right or wrong; `guessed`: given although no article answers.
    """

    questions: int
    others: int
    found: int
    right: int
    wrong: int
    guessed: int

    @property
    def precision(self) -> float:
        """Share of what was given that was right."""
        return self.right / max(1, self.right + self.wrong + self.guessed)

    @property
    def recall(self) -> float:
        """Share of the questions with an article that were given a right one."""
        return self.right / max(1, self.questions)


def read_questions(file: Path) -> list[Asked]:
    """Read a tab-separated file of questions. Raises ValueError with the number of a wrong line."""
    lines = file.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].split("\t") != COLUMNS:
        raise ValueError(f"{file.name}: the first line must be {' '.join(COLUMNS)}, divided by tabs")
    found = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(COLUMNS) or not all(cells):
            raise ValueError(f"{file.name}, line {number}: three cells are needed")
        articles = frozenset() if cells[1] == NOTHING else frozenset(cells[1].split("|"))
        found.append(Asked(cells[0], articles, cells[2]))
    return found


def answer(knowledge: Knowledge, questions: Sequence[Asked]) -> list[Answered]:
    """Ask them all."""
    return [
        Answered(asked, next(iter(knowledge.candidates(asked.question, asked.language)), None))
        for asked in questions
    ]


def count(answers: Sequence[Answered]) -> Figures:
    """Count what came of them."""
    own = [item for item in answers if item.asked.articles]
    others = [item for item in answers if not item.asked.articles]
    return Figures(
        questions=len(own),
        others=len(others),
        found=sum(item.right for item in own),
        right=sum(item.right and item.said for item in own),
        wrong=sum(item.said and not item.right for item in own),
        guessed=sum(item.said for item in others),
    )


def table(answers: Sequence[Answered]) -> str:
    """Return the figures of each language, and of all, as a Markdown table."""
    lines = [
        "| language | questions | best is right | given, right | given, wrong "
        "| without article | guessed | precision | recall |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    languages = list(dict.fromkeys(item.asked.language for item in answers))
    for name in [*languages, "all"]:
        of = count([item for item in answers if name in (item.asked.language, "all")])
        lines.append(
            f"| {name} | {of.questions} | {of.found / max(1, of.questions):.3f} | {of.right} | {of.wrong} "
            f"| {of.others} | {of.guessed} | {of.precision:.3f} | {of.recall:.3f} |"
        )
    return "\n".join(lines)


def fitted(answers: Sequence[Answered]) -> str:
    """Return the weights of a logistic regression from fit and lead to being right."""
    from sklearn.linear_model import LogisticRegression

    seen = [(item.best, item.right) for item in answers if item.best is not None]
    features = np.array([(best.fit, best.lead) for best, _ in seen])
    model = LogisticRegression(C=100).fit(features, [right for _, right in seen])
    (fit, lead), bias = model.coef_[0], model.intercept_[0]
    return f"fit {fit:.2f}, lead {lead:.2f}, bias {bias:.2f}"


def main(arguments: Sequence[str]) -> int:
    """Print the figures of one file."""
    file = Path(arguments[0]) if arguments else CHOSEN_ON
    knowledge = open_knowledge(PROJECT / "data" / "knowledge")
    answers = answer(knowledge, read_questions(file))
    print(table(answers))
    if not arguments:
        print(f"\nWeights of a fit on this file: {fitted(answers)}")
        for item in answers:
            if item.best and item.said and not item.right:
                print(f"wrong: {item.asked.question!r} was answered from {item.best.passage.id}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
