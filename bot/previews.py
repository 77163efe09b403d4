"""Safe small pictures of what customers send: drawn anew, so that nothing of the original's bytes is in them."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps

from bot.errors import FileBroken

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_SIDE = 480
# A small file can unfold to gigabytes: no camera of a customer has more pixels than this.
_MOST_PIXELS = 60_000_000


def preview(path: Path, *, side: int = _SIDE) -> bytes:
    """A picture's small copy as JPEG, upright, on white, without place, camera or comment. FileBroken if it is none."""
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise FileBroken("the picture has too many pixels")
            picture.draft("RGB", (side, side))
            return _drawn(picture, side)
    except FileBroken:
        raise
    except Exception as error:  # a decoder may fail in any way on what was made to break it
        raise FileBroken(f"the picture cannot be read: {type(error).__name__}") from error


def _drawn(picture: Image.Image, side: int) -> bytes:
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail((side, side))
    # Only the pixels go over: what else a file carries stays behind.
    sheet = Image.new("RGB", upright.size, "white")
    sheet.paste(upright, mask=upright.getchannel("A"))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=80)
    return out.getvalue()
