"""Models on disk: only what our training has promoted, byte for byte, is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.errors import ModelError, ModelMissing, ModelRefused
from bot.model_files import CURRENT, ModelFile, promote, read_current, verify


def archive(folder: Path, name: str = "one.tar.gz", content: bytes = b"a model") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_what_is_promoted_is_current_and_verified(tmp_path: Path) -> None:
    model = promote(archive(tmp_path), tmp_path)
    assert read_current(tmp_path) == model
    assert model.name == "one.tar.gz"
    verify(model)


def test_promotion_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    promote(archive(tmp_path), tmp_path)
    promote(archive(tmp_path, "two.tar.gz", b"another"), tmp_path)
    assert read_current(tmp_path).name == "two.tar.gz"
    assert {path.name for path in tmp_path.iterdir()} == {"one.tar.gz", "two.tar.gz", CURRENT}


def test_a_changed_archive_is_refused(tmp_path: Path) -> None:
    model = promote(archive(tmp_path), tmp_path)
    archive(tmp_path, content=b"a mode1")
    with pytest.raises(ModelRefused, match="SHA-256"):
        verify(model)


def test_a_model_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="make train"):
        read_current(tmp_path / "nowhere")
    model = promote(archive(tmp_path), tmp_path)
    model.path.unlink()
    with pytest.raises(ModelMissing, match="does not exist"):
        read_current(tmp_path)
    with pytest.raises(ModelMissing, match="cannot be read"):
        verify(model)


def test_a_folder_in_the_place_of_a_file_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        verify(ModelFile(tmp_path, "0" * 64))
    (tmp_path / CURRENT).mkdir()
    with pytest.raises(ModelMissing, match="cannot be read"):
        read_current(tmp_path)


DIGEST = "a" * 64


@pytest.mark.parametrize(
    "pointer",
    [
        "",
        "one.tar.gz",
        f"../one.tar.gz {DIGEST}",
        f"/etc/passwd {DIGEST}",
        f"..\\one.tar.gz {DIGEST}",
        f"one.tar.gz  {DIGEST}",
        f"one.tar.gz {DIGEST[1:]}",
        f"one.tar.gz {DIGEST[1:]}z",
        f"one.tar.gz {DIGEST}\ntwo.tar.gz {DIGEST}",
        f"{'x' * 5000} {DIGEST}",
        f"{'😀' * 100} {DIGEST}",
    ],
)
def test_a_pointer_that_is_not_ours_is_refused(tmp_path: Path, pointer: str) -> None:
    archive(tmp_path)
    (tmp_path / CURRENT).write_text(pointer)
    with pytest.raises(ModelRefused, match="one line"):
        read_current(tmp_path)


# The folder is only written over: one for all examples is enough.
@examples(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100) | st.binary(max_size=20).map(lambda name: name + b" " + DIGEST.encode()))
def test_no_pointer_leads_out_of_the_folder(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CURRENT).write_bytes(content)
    with pytest.raises(ModelError):
        verify(read_current(tmp_path))
