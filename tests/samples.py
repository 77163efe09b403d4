"""Small files of every type, made here."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
OGG = b"OggS\x00\x02" + bytes(40)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(20)


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    """A picture of one colour in this format of Pillow's."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **more)
    return out.getvalue()
