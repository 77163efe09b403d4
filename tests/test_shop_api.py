"""docs/shop-api.md says what is true: every question, command, status and reason, with answers of a real shop."""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path

import pytest

from actions.backends import things
from actions.backends.demo.reading import READERS
from actions.backends.demo.shop import WRITERS
from actions.backends.http import MAX_ANSWER_BYTES, NOT_BEGUN, PROBLEMS
from actions.backends.wire import ADDRESS_FIELDS, encode
from tests.shop_double import STATUSES
from tests.shop_examples import DOCUMENT, EXAMPLES, MARKS, render_all
from tests.shops import demo_shop

TEXT = DOCUMENT.read_text(encoding="utf-8")


async def test_the_examples_are_answers_of_the_shop(tmp_path: Path) -> None:
    written = TEXT.split(MARKS[0])[1].split(MARKS[1])[0].strip()
    # If this fails: python -m tests.shop_examples
    assert written == (await render_all(tmp_path)).strip()


def test_every_question_and_command_has_an_example() -> None:
    assert {type(example) for example in EXAMPLES} == {*READERS, *WRITERS}


async def test_the_example_of_a_customer(tmp_path: Path) -> None:
    section = TEXT.split("## POST /customers/find")[1]
    block = re.findall(r"```json\n(.*?)```", section, re.DOTALL)[0]
    for wanted in re.findall(r"`(\{\"[a-z_]+\": \"[a-z@.]+\"\})`", section)[:2]:
        found = await demo_shop(tmp_path).find_customer(**json.loads(wanted))
        assert json.loads(block) == json.loads(encode(found))


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(things).values()
        if isinstance(kind, type) and issubclass(kind, Enum) and kind is not Enum
    ],
)
def test_every_value_is_named(kind: type[Enum]) -> None:
    missing = [
        value.value for value in kind if f"`{value.value}`" not in TEXT and f'"{value.value}"' not in TEXT
    ]
    assert not missing or kind is things.AccountField


def test_statuses_and_limits_are_named() -> None:
    for status in {*PROBLEMS, *NOT_BEGUN}:
        assert str(int(status)) in TEXT
    for error, number in STATUSES.items():
        assert re.search(rf"^\| {number}\b.*{error}", TEXT, re.MULTILINE)
    assert f"{MAX_ANSWER_BYTES // 1024} KiB" in TEXT
    for field in ADDRESS_FIELDS:
        assert f"`{field}`" in TEXT
