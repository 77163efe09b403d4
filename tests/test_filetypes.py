"""File types by their bytes, and previews that carry nothing of the original but its pixels."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.errors import FileBroken
from bot.filetypes import TYPES, recognise
from bot.previews import preview
from tests.samples import MP4, OGG, PDF, picture

SAMPLES = {
    "jpg": picture("JPEG"),
    "png": picture("PNG"),
    "gif": picture("GIF"),
    "webp": picture("WEBP"),
    "heic": b"\x00\x00\x00\x18ftypheic" + bytes(20),
    "pdf": PDF,
    "txt": "Здравейте, ευχαριστώ".encode(),
    "ogg": OGG,
    "mp3": b"ID3\x04" + bytes(30),
    "m4a": b"\x00\x00\x00\x18ftypM4A " + bytes(20),
    "mp4": MP4,
    "mov": b"\x00\x00\x00\x18ftypqt  " + bytes(20),
    "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(20),
}


def test_every_type_is_told_by_its_bytes() -> None:
    assert set(SAMPLES) == set(TYPES)
    for name, content in SAMPLES.items():
        found = recognise(content)
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00",
        b"\x7fELF\x02",
        b"PK\x03\x04",
        b"<html><script>alert(1)</script>",
        b"  <svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"\xef\xbb\xbf<?xml version='1.0'?>",
        b"#!/bin/sh\nrm -rf /",
        b"{\\rtf1}",
        b"text with \x00 in it",
        b"\xff\xfe\xfd",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"\x00\x00\x00\x18ftypevil",
    ],
)
def test_what_is_not_known_to_be_harmless_is_no_type(content: bytes) -> None:
    assert recognise(content) is None


def test_text_may_be_cut_in_the_middle_of_a_letter() -> None:
    text = ("я" * 5000).encode()
    for cut in (4096, 4095):
        found = recognise(text[:cut])
        assert found is not None
        assert found.name == "txt"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_type_or_none(content: bytes) -> None:
    found = recognise(content)
    assert found is None or found.name in TYPES


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_preview_is_small_and_drawn_anew(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture"
    path.write_bytes(picture(kind, size=(2000, 1000)))
    with Image.open(io.BytesIO(preview(path))) as small:
        assert small.format == "JPEG"
        assert small.size == (480, 240)


def test_a_preview_has_no_metadata_and_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "secret camera"
    path = tmp_path / "picture"
    path.write_bytes(picture("JPEG", size=(400, 200), exif=exif, comment=b"secret comment"))
    small = preview(path)
    assert b"secret" not in small
    with Image.open(io.BytesIO(small)) as opened:
        assert opened.size == (200, 400)
        assert not opened.getexif()


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff" + bytes(100),
        picture("PNG")[:60],
        b"GIF89a",
        PDF,
    ],
)
def test_a_broken_picture_is_said_to_be_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture"
    path.write_bytes(content)
    with pytest.raises(FileBroken):
        preview(path)


def test_a_picture_that_unfolds_to_too_many_pixels_is_not_unfolded(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(_bomb(9000, 9000))
    with pytest.raises(FileBroken, match="too many pixels"):
        preview(path)


def _bomb(width: int, height: int) -> bytes:
    """A PNG whose head promises more than its few bytes hold."""
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
