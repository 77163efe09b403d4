"""Tokens: only the server makes them, for one site; identities: only the site signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.errors import IdentityInvalid, SettingsError
from bot.tokens import VisitorTokens, check_identity, read_or_make_secret

SECRET = "k" * 64
TOKENS = VisitorTokens(SECRET, site="demo")
ANY = st.text(st.characters(), max_size=60)


@examples(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_token_names_its_visitor(visitor: str) -> None:
    token = TOKENS.issue(visitor)
    assert TOKENS.read(token) == visitor
    assert token.isascii()


def test_new_visitors_cannot_be_guessed() -> None:
    visitors = {TOKENS.new_visitor() for _ in range(1000)}
    assert len(visitors) == 1000
    assert min(len(base64.urlsafe_b64decode(visitor + "==")) for visitor in visitors) == 16


@examples(deadline=None)
@given(ANY)
def test_nonsense_is_nobody(token: str) -> None:
    assert TOKENS.read(token) is None


@examples(deadline=None)
@given(st.integers(0, 3), ANY)
def test_a_token_forged_in_any_part_is_nobody(part: int, other: str) -> None:
    parts = TOKENS.issue("victim").split(".")
    genuine = ".".join(parts)
    parts[part] = other
    forged = ".".join(parts)
    assert TOKENS.read(forged) == ("victim" if forged == genuine else None)


@examples(deadline=None)
@given(st.data())
def test_a_token_with_any_character_changed_is_nobody(data: st.DataObject) -> None:
    token = TOKENS.issue("victim")
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda char: char != token[place]))
    assert TOKENS.read(token[:place] + other + token[place + 1 :]) is None
    assert TOKENS.read(token[:place]) is None
    assert TOKENS.read(token + other) is None


def test_a_token_of_another_site_or_key_is_nobody() -> None:
    assert VisitorTokens(SECRET, site="other").read(TOKENS.issue("victim")) is None
    assert VisitorTokens("o" * 64, site="demo").read(TOKENS.issue("victim")) is None
    assert TOKENS.read(None) is None
    assert TOKENS.read("") is None


def test_a_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    token = TOKENS.issue("visitor")
    begin = time.time()
    for days, expected in ((179, "visitor"), (181, None)):
        monkeypatch.setattr(time, "time", lambda days=days: begin + days * 24 * 3600)
        assert TOKENS.read(token) == expected


def signed(user_id: str, expires: int, *, site: str = "demo") -> str:
    """What the documentation tells a site to compute."""
    return hmac.new(SECRET.encode(), f"{user_id}|{site}|{expires}".encode(), hashlib.sha256).hexdigest()


def test_a_signed_identity_is_believed() -> None:
    later = int(time.time()) + 60
    check_identity(SECRET, site="demo", user_id="żółw 1", expires=later, signature=signed("żółw 1", later))


@examples(deadline=None)
@given(
    user_id=st.just("alice") | ANY,
    site=st.just("demo") | st.sampled_from(["", "other"]),
    signature=st.none() | ANY,
)
def test_a_forged_identity_is_refused(user_id: str, site: str, signature: str | None) -> None:
    later = 2**40
    genuine = signed("alice", later)
    if (user_id, site, signature) == ("alice", "demo", None):
        site = "other"
    with pytest.raises(IdentityInvalid):
        check_identity(
            SECRET,
            site=site,
            user_id=user_id,
            expires=later,
            signature=genuine if signature is None else signature,
        )


def test_an_identity_expires_and_its_time_is_signed() -> None:
    before = int(time.time()) - 1
    with pytest.raises(IdentityInvalid, match="expired"):
        check_identity(SECRET, site="demo", user_id="a", expires=before, signature=signed("a", before))
    with pytest.raises(IdentityInvalid, match="wrong"):
        check_identity(SECRET, site="demo", user_id="a", expires=2**40, signature=signed("a", before))


def test_without_a_shared_key_no_identity_is_believed() -> None:
    empty = hmac.new(b"", f"a|demo|{2**40}".encode(), hashlib.sha256).hexdigest()
    with pytest.raises(IdentityInvalid, match="GRIJA_IDENTITY_SECRET"):
        check_identity("", site="demo", user_id="a", expires=2**40, signature=empty)


def test_the_key_is_made_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "var"
    key = read_or_make_secret(folder)
    assert len(key) == 64
    assert read_or_make_secret(folder) == key
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("turn", range(10))
def test_all_who_begin_at_once_get_the_same_key(tmp_path: Path, turn: int) -> None:
    with ThreadPoolExecutor(8) as executor:
        keys = set(executor.map(read_or_make_secret, [tmp_path] * 16))
    assert len(keys) == 1
    assert len(keys.pop()) == 64


def test_a_file_left_empty_by_a_crash_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    assert len(read_or_make_secret(tmp_path)) == 64


@pytest.mark.parametrize("content", [b"short", b"\xff" * 64, b"x y" * 30])
def test_a_damaged_key_stops_the_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(SettingsError, match=r"secret\.key"):
        read_or_make_secret(tmp_path)
