"""The files of a Telegram message, as attachments to come. Pure."""

from __future__ import annotations

from typing import Any

import telegram

from bot.models import IncomingFile
from bot.text import fitted

_LONGEST_NAME = 200


def files_of(message: telegram.Message) -> tuple[IncomingFile, ...]:
    """What a message brings besides text: one file, place or person, or nothing."""
    file = _file(message) or _words_only(message)
    return () if file is None else (file,)


def _file(message: telegram.Message) -> IncomingFile | None:
    caption = fitted(message.caption or "")
    if message.photo:
        # The same picture in several sizes, the last one the largest.
        return _incoming("photo", message.photo[-1], caption)
    # An animation comes as a document, too.
    if message.animation:
        return _incoming("video", message.animation, caption)
    if message.document:
        return _incoming("document", message.document, caption)
    if message.voice:
        return _incoming("voice", message.voice, caption)
    if message.audio:
        return _incoming("audio", message.audio, caption)
    if message.video:
        return _incoming("video", message.video, caption)
    if message.video_note:
        return _incoming("video", message.video_note, caption)
    if message.sticker:
        file = message.sticker
        return IncomingFile("sticker", file.file_id, name=fitted(file.emoji or ""), size=file.file_size)
    return None


def _words_only(message: telegram.Message) -> IncomingFile | None:
    if message.venue:
        place = message.venue
        words = f"{place.title}, {place.address} ({_coordinates(place.location)})"
        return IncomingFile("location", "", caption=fitted(words))
    if message.location:
        return IncomingFile("location", "", caption=_coordinates(message.location))
    if message.contact:
        person = message.contact
        words = " ".join(filter(None, (person.first_name, person.last_name, person.phone_number)))
        return IncomingFile("contact", "", caption=fitted(words))
    return None


def _incoming(kind: str, file: Any, caption: str) -> IncomingFile:
    return IncomingFile(
        kind,
        file.file_id,
        name=fitted(getattr(file, "file_name", None) or "")[:_LONGEST_NAME],
        mime=fitted(getattr(file, "mime_type", None) or "")[:_LONGEST_NAME],
        size=file.file_size,
        caption=caption,
    )


def _coordinates(place: telegram.Location) -> str:
    return f"{place.latitude:.6f}, {place.longitude:.6f}"
