"""What is said about files that customers send: the bot cannot look into them."""

from __future__ import annotations

_ANSWERS = {
    "photo": "utter_attachment_photo",
    "document": "utter_attachment_document",
    "file": "utter_attachment_document",
    "voice": "utter_attachment_voice",
    "audio": "utter_attachment_voice",
    "video": "utter_attachment_video",
    "location": "utter_attachment_location",
    "contact": "utter_attachment_contact",
    "sticker": "utter_attachment_sticker",
}
_REFUSALS = {
    "too_large": "utter_attachment_too_large",
    "type": "utter_attachment_wrong_type",
    "empty": "utter_attachment_broken",
    "broken": "utter_attachment_broken",
    "infected": "utter_attachment_infected",
    "unavailable": "utter_attachment_unavailable",
}


def answer_to(kind: str) -> str:
    """Return the response to a message that is only a file of this kind."""
    return _ANSWERS.get(kind, "utter_attachment_document")


def refusal(reason: str) -> str:
    """Return the response that says why a file was not taken."""
    return _REFUSALS.get(reason, "utter_attachment_unavailable")
