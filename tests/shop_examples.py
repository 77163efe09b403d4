"""The examples in docs/shop-api.md: asked of a demo shop at a fixed hour with a fixed secret.

`python -m tests.shop_examples` writes them anew between the marks in the document.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from actions.backends import requests
from actions.backends.requests import Command, Question, answer_type
from actions.backends.things import AccountField, AccountKind, Address, ItemChange
from actions.backends.wire import encode
from tests.shops import EMMA, PIOTR, demo_shop

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "shop-api.md"
MARKS = ("<!-- examples: begin -->\n", "<!-- examples: end -->\n")

HOME = Address("Emma Clarke", "1 High Street", "London", "SW1A 1AA", "GB")

EXAMPLES: tuple[Question[Any] | Command[Any], ...] = (
    requests.Orders(),
    requests.FindOrder("10024"),
    requests.FindAccount(),
    requests.Invoices(),
    requests.FindInvoice("INV-10025"),
    requests.Refunds(),
    requests.FindRefund("10035"),
    requests.Payments("10025"),
    requests.Catalogue(),
    requests.DeliveryMethods("IE"),
    requests.PaymentMethods(),
    requests.CancellationFee("10024"),
    requests.ChangeItems("10024", (ItemChange("mug", 1), ItemChange("candle", 1))),
    requests.ChangeOrderAddress("10024", HOME),
    requests.CancelOrder("10024"),
    requests.PlaceOrder((ItemChange("lamp", 1),)),
    requests.RequestRefund("10005", "The zip broke."),
    requests.SendInvoice("10025"),
    requests.AddAddress(HOME),
    requests.ChangeAddress("A6", HOME),
    requests.CreateAccount("new@example.org", "New Customer", AccountKind.FREE),
    requests.EditAccount(AccountField.PHONE, "+44 20 7946 0000"),
    requests.SendPasswordLink("emma@example.com"),
    requests.SwitchAccount(AccountKind.PRO),
    requests.Subscribe("emma@example.com"),
    requests.Unsubscribe("emma@example.com"),
    requests.WriteReview("mug", 5, "Lovely."),
    requests.FileComplaint("It came late.", "10025"),
    requests.ReportPayment("10025", "I was charged twice."),
    requests.DeleteAccount(),
)


async def render_all(folder: Path) -> str:
    """Return the examples as Markdown, each asked of a new shop in the folder."""
    parts: list[str] = []
    shown: set[str] = set()
    for index, request in enumerate(EXAMPLES):
        home = folder / str(index)
        home.mkdir()
        (home / "shop.secret").write_bytes(b"x" * 32)
        shop = demo_shop(home, public_url="https://shop.example")
        customer = PIOTR if isinstance(request, requests.DeleteAccount) else EMMA
        if isinstance(request, Question):
            answer = await shop.ask(request, customer, "en")
        else:
            answer = await shop.do(request, customer, "key", "en")
        parts.append(_render(request, answer, shown))
    return "\n".join(parts)


def _render(request: Question[Any] | Command[Any], answer: Any, shown: set[str]) -> str:
    name = type(request).__name__
    kind = "questions" if isinstance(request, Question) else "commands"
    meaning = re.sub(r"\s+", " ", type(request).__doc__ or "")
    type_name = _type_name(answer_type(type(request)))
    body = json.loads(encode(answer))
    one = body[0] if isinstance(body, list) else body
    head = (
        f"### POST /{kind}/{name}\n\n{meaning}\n\n```json\n{_json(json.loads(encode(request)))}\n```\n\n"
        f"`200` with {type_name}"
    )
    bare = type_name.rpartition(" ")[2]
    if bare in shown or not isinstance(one, dict):
        return f"{head}{'' if isinstance(one, dict) else f', such as `{_json(body)}`'}.\n"
    shown.add(bare)
    lines = ",\n".join(f"  {_json(field)}: {_json(value)}" for field, value in one.items())
    return f"{head}:\n\n```json\n{{\n{lines}\n}}\n```\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _type_name(kind: Any) -> str:
    inner = getattr(kind, "__args__", None)
    name = inner[0].__name__ if inner else kind.__name__
    return f"a list of `{name}`" if inner else f"this `{name}`"


def write() -> None:
    """Write the examples into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
    with TemporaryDirectory() as folder:
        examples = asyncio.run(render_all(Path(folder)))
    DOCUMENT.write_text(f"{before}{MARKS[0]}\n{examples}\n{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    write()
