"""What customers think: complaints, reviews, and whether they want mails from the shop."""

from __future__ import annotations

from actions.backends.model import (
    Catalogue,
    FileComplaint,
    FindOrder,
    NotFound,
    Subscribe,
    SubscriptionState,
    Unsubscribe,
    WriteReview,
)
from actions.contact import support_contact
from actions.fields import Choice, Field, number_field, text_field
from actions.hints import joins, leaves
from actions.memory import WORDS
from actions.pick import ORDER
from actions.proof import prove, prove_mailbox
from actions.talk import Talk
from actions.task import Task

LONG_ENOUGH = 8
"""Words from which on a complaint says what it is about, and is not asked for more."""


class FileAComplaint(Task):
    """Opens a case with the customer's own words and gives its number."""

    intent = "complaint"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        words = " ".join(talk.frame.given.get(WORDS, ()))
        if len(words.split()) >= LONG_ENOUGH:
            talk.frame.answers.setdefault("text", words)
        numbers = talk.frame.answers.setdefault("orders", list(talk.frame.given.get(ORDER, ())))
        text = str(
            await talk.answer(text_field("text", "utter_ask_complaint", prose=True, least=5, letters=True))
        )
        order = str(numbers[0]) if len(numbers) == 1 else None
        customer = await prove(talk) if order else None
        if order is not None:
            try:
                await talk.ask_shop(FindOrder(order), customer)
            except NotFound:
                talk.say("utter_order_not_found", number=order)
                order = None
        case = await talk.do(FileComplaint(text, order), customer)
        talk.want("complaint", case=case.number)
        talk.offer(
            "utter_complaint_filed", {"contact_human_agent": {}}, case=case.number, contact=support_contact()
        )


class WriteAReview(Task):
    """Keeps the customer's stars and words about a product or the shop."""

    intent = "review"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        products = await talk.ask_shop(Catalogue())
        names = {product.id: product.name(talk.language) for product in products}
        found = [value for value in talk.frame.given.get("product", ()) if value in names]
        product = talk.frame.answers.setdefault("product", found[0] if len(found) == 1 else None)
        about = names.get(str(product)) or talk.words.text("utter_title_our_shop")
        stars = int(await talk.answer(_stars_field(about)))
        text = str(await talk.answer(text_field("text", "utter_ask_review", prose=True)))
        await talk.do(WriteReview(product, stars, text))
        talk.say("utter_review_written", about=about, stars="★" * stars + "☆" * (5 - stars))


def _stars_field(about: str) -> Field:
    field = number_field("stars", "utter_ask_stars", 1, 5)
    choices = [Choice("★" * stars, {"stars": str(stars)}) for stars in (5, 4, 3, 2, 1)]
    return field.asking(about=about).with_choices(choices)


class NewsletterSubscription(Task):
    """Begins or ends the newsletter for an address that the customer can read."""

    intent = "newsletter_subscription"

    async def go(self, talk: Talk) -> None:
        """See Task."""
        wish = str(talk.frame.answers.get("newsletter") or _direction(talk))
        if wish == "unclear":
            choices = [
                Choice(talk.words.text("utter_title_subscribe"), {"newsletter": "subscribe"}),
                Choice(talk.words.text("utter_title_unsubscribe"), {"newsletter": "unsubscribe"}),
            ]
            wish = await talk.choose("newsletter", "utter_ask_newsletter", choices)
        talk.frame.answers["newsletter"] = wish
        email, customer = await prove_mailbox(talk, "utter_ask_email_for_newsletter")
        if wish == "subscribe":
            subscription = await talk.do(Subscribe(email), customer)
        else:
            subscription = await talk.do(Unsubscribe(email), customer)
        if subscription.state is SubscriptionState.UNSUBSCRIBED:
            talk.say("utter_unsubscribed", email=email)
        else:
            talk.say(f"utter_subscription_{subscription.state.value}", email=email)


def _direction(talk: Talk) -> str:
    """Which of the two the customer's first words ask for, as far as they tell."""
    words = " ".join(talk.frame.given.get(WORDS, ()))
    if leaves(words):
        return "unsubscribe"
    return "subscribe" if joins(words) else "unclear"
