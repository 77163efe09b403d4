"""File types by what is in the bytes: names and claims of senders are not believed."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 4096
"""How much of a file's beginning is looked at."""


@dataclass(frozen=True)
class FileType:
    """A type that can be taken: its short name (also its file ending) and its MIME type."""

    name: str
    mime: str


_TYPES = {
    kind.name: kind
    for kind in (
        FileType("jpg", "image/jpeg"),
        FileType("png", "image/png"),
        FileType("gif", "image/gif"),
        FileType("webp", "image/webp"),
        FileType("heic", "image/heic"),
        FileType("pdf", "application/pdf"),
        FileType("txt", "text/plain"),
        FileType("ogg", "audio/ogg"),
        FileType("mp3", "audio/mpeg"),
        FileType("m4a", "audio/mp4"),
        FileType("mp4", "video/mp4"),
        FileType("mov", "video/quicktime"),
        FileType("webm", "video/webm"),
    )
}
TYPES = tuple(_TYPES)
"""Names of all types that can be told apart."""
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""MIME types of which a preview is made."""

_BEGINNINGS = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"\xff\xf2", "mp3"),
)
# ISO media files name their brand after "ftyp".
_BRANDS = (
    (("heic", "heix", "heim", "heis", "mif1"), "heic"),
    (("M4A ", "M4B "), "m4a"),
    (("qt  ",), "mov"),
    (("isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "MSNV", "3gp4", "3gp5"), "mp4"),
)
# What a program, a page or an archive begins with: never text, although all of it may be letters.
_NOT_TEXT = (b"<", b"#!", b"MZ", b"PK", b"{\\rtf", b"%!PS")


def recognise(head: bytes) -> FileType | None:
    """The type of a file that begins with these bytes, or None if it is none that we know."""
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return _TYPES[name]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _TYPES["webp"]
    if head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:64]:
        return _TYPES["webm"]
    if head[4:8] == b"ftyp":
        return _media(head[8:12].decode("latin-1"))
    return _TYPES["txt"] if _is_text(head) else None


def _media(brand: str) -> FileType | None:
    return next((_TYPES[name] for brands, name in _BRANDS if brand in brands), None)


def _is_text(head: bytes) -> bool:
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not begins or begins.startswith(_NOT_TEXT):
        return False
    try:
        text = head[:HEAD_BYTES].decode("utf-8")
    except UnicodeDecodeError as error:
        # The last letter may be cut in the middle.
        if error.start < len(head) - 3 or error.reason != "unexpected end of data":
            return False
        text = head[: error.start].decode("utf-8")
    return not any(letter < " " and letter not in "\t\r\n\f" for letter in text)
