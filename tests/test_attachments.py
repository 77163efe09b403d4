"""Files of customers: counted, looked at, kept under their hash; or refused, and the customer told."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actions.attachments import answer_to, refusal
from actions.wording import LANGUAGES
from actions.words import Words
from bot.attachments import REASONS, files_of, stored_file
from bot.broker import CHANGED, customer_topic
from bot.errors import AttachmentUnavailable, DeliveryDelayed, FileEmpty, FileTooLarge
from bot.files import Files, pieces_of
from bot.filetypes import TYPES
from bot.models import FILE_KINDS, Attachment, AuthorKind, InboxItem, now
from bot.served_dialogue import ServedDialogue
from bot.settings import Settings
from bot.store import attachments, conversations
from tests.bench import Bench, opened
from tests.conftest import until
from tests.customer import domain
from tests.samples import PDF, picture
from tests.test_updates import deleted, said

MEGABYTE = 1024 * 1024


@pytest.fixture
async def bench(settings: Settings) -> AsyncIterator[Bench]:
    async with opened(settings) as prepared:
        yield prepared


def file(remote_id: str = "f1", kind: str = "document", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "remote_id": remote_id, **more}


async def brought(bench: Bench, *files: dict[str, Any], text: str = "") -> tuple[Attachment, ...]:
    await bench.keep(said(text, event="m", attachments=files))
    await bench.settle()
    return (await bench.history())[0].attachments


async def told(bench: Bench) -> list[str]:
    """What the system said about files."""
    return [message.text for message in await bench.history() if message.author.kind is AuthorKind.SYSTEM]


async def test_a_file_is_kept_under_the_hash_of_its_bytes(bench: Bench, settings: Settings) -> None:
    bench.platform.files["f1"] = PDF
    (kept,) = await brought(bench, file(name="../../etc/passwd", mime="text/html", size=3))
    sha256 = hashlib.sha256(PDF).hexdigest()
    assert (kept.state, kept.sha256, kept.size, kept.mime) == ("stored", sha256, len(PDF), "application/pdf")
    assert kept.name == "../../etc/passwd"
    path = stored_file(settings, kept)
    assert path == settings.data / "files" / sha256[:2] / sha256
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o077 == 0
    assert await told(bench) == []


async def test_whoever_looks_is_told_when_a_file_has_come(settings: Settings) -> None:
    async with opened(settings, working=False) as bench:
        bench.platform.files["f1"] = PDF
        bench.hub.updates.lanes.open()
        await bench.keep(said("", event="m", attachments=[file()]))
        await bench.hub.updates.lanes.idle()
        broker = bench.hub._broker
        with broker.subscribe() as news:
            broker.add_topic(news, customer_topic((await bench.address()).customer_id))
            bench.hub.attachments.lanes.open()
            await bench.hub.attachments.sweep()
            assert await asyncio.wait_for(news.next(), 20) == [CHANGED]
        assert (await bench.history())[0].attachments[0].state == "stored"


async def test_the_same_bytes_are_kept_once(bench: Bench, settings: Settings) -> None:
    bench.platform.files |= {"f1": PDF, "f2": PDF}
    one, other = await brought(bench, file("f1"), file("f2"))
    assert one.sha256 == other.sha256
    assert len(kept_files(settings)) == 1


async def test_a_picture_gets_a_safe_preview(bench: Bench, settings: Settings) -> None:
    bench.platform.files["f1"] = picture("PNG", size=(900, 900))
    (kept,) = await brought(bench, file(kind="photo"))
    small = stored_file(settings, kept, small=True)
    assert small.read_bytes().startswith(b"\xff\xd8\xff")
    assert small != stored_file(settings, kept)


@pytest.mark.parametrize(
    ("content", "response"),
    [
        (bytes(MEGABYTE + 1), "utter_attachment_too_large"),
        (b"<svg onload='x()'>", "utter_attachment_wrong_type"),
        (b"MZ program", "utter_attachment_wrong_type"),
        (b"", "utter_attachment_broken"),
        (picture("PNG")[:50], "utter_attachment_broken"),
        (AttachmentUnavailable("gone"), "utter_attachment_unavailable"),
    ],
    ids=["large", "svg", "program", "empty", "broken", "gone"],
)
async def test_what_is_not_taken_is_said_to_the_customer_and_not_kept(
    settings: Settings, content: bytes | Exception, response: str
) -> None:
    async with opened(replace(settings, file_megabytes=1)) as bench:
        bench.platform.files["f1"] = content
        # What the sender says of it is not believed.
        (refused,) = await brought(bench, file(kind="photo", mime="image/png", size=10))
        assert refused.state in ("refused", "failed")
        assert refused.reason in REASONS
        (sentence,) = await told(bench)
        assert sentence.startswith(response)
        assert any(text.startswith(response) for text in bench.platform.texts()["anna"])
        assert kept_files(settings) == []
        with pytest.raises(FileNotFoundError):
            stored_file(settings, refused)


async def test_a_file_that_says_it_is_too_large_is_not_fetched(settings: Settings) -> None:
    async with opened(replace(settings, file_megabytes=1)) as bench:
        (refused,) = await brought(bench, file(size=2 * MEGABYTE))
        assert (refused.state, refused.reason) == ("refused", "too_large")
        assert bench.platform.fetched == []
        (sentence,) = await told(bench)
        assert "'megabytes': 1" in sentence


async def test_only_types_of_the_setting_are_taken(settings: Settings) -> None:
    async with opened(replace(settings, file_types=("jpg",))) as bench:
        bench.platform.files |= {"f1": PDF, "f2": picture("JPEG")}
        refused, kept = await brought(bench, file("f1"), file("f2"))
        assert (refused.reason, kept.state) == ("type", "stored")
        (sentence,) = await told(bench)
        assert "'types': 'JPG'" in sentence


async def test_the_antivirus_command_decides(settings: Settings, tmp_path: Path) -> None:
    scanner = tmp_path / "a scanner.py"
    scanner.write_text("import sys\nsys.exit(b'virus' in open(sys.argv[-1], 'rb').read())\n")
    command = f"{sys.executable} '{scanner}'"
    async with opened(replace(settings, antivirus_command=command)) as bench:
        bench.platform.files |= {"f1": PDF + b"virus", "f2": PDF}
        infected, kept = await brought(bench, file("f1"), file("f2"))
        assert (infected.state, kept.state) == ("infected", "stored")
        assert [text.split()[0] for text in await told(bench)] == ["utter_attachment_infected"]
        assert len(kept_files(settings)) == 1


async def test_an_antivirus_command_that_cannot_run_lets_nothing_through(settings: Settings) -> None:
    wrong = replace(settings, antivirus_command="/nonexistent/scanner", delivery_tries=1)
    async with opened(wrong) as bench:
        bench.platform.files["f1"] = PDF
        (failed,) = await brought(bench, file())
        assert (failed.state, failed.reason) == ("failed", "unavailable")
        assert kept_files(settings) == []


async def test_a_platform_in_trouble_is_asked_again_and_a_delay_costs_no_try(settings: Settings) -> None:
    async with opened(replace(settings, delivery_tries=2)) as bench:
        delay = DeliveryDelayed("slow down", retry_after=0.01)
        bench.platform.files["f1"] = [delay, delay, delay, ConnectionError("away"), PDF]
        await bench.keep(said("", event="m", attachments=[file()]))

        async def kept() -> bool:
            messages = await bench.history() if bench.platform.fetched else []
            return bool(messages) and messages[0].attachments[0].state == "stored"

        await until(kept)
        assert len(bench.platform.fetched) == 5
        assert await told(bench) == []


async def test_a_file_lost_on_the_way_is_given_up_and_said(settings: Settings) -> None:
    async with opened(replace(settings, delivery_tries=1)) as bench:
        bench.platform.files["f1"] = ConnectionError("away")
        (failed,) = await brought(bench, file())
        assert (failed.state, failed.reason) == ("failed", "unavailable")
        (sentence,) = await told(bench)
        assert sentence.startswith("utter_attachment_unavailable")


async def test_a_fetch_that_was_cut_off_is_done_after_the_restart_and_told_once(settings: Settings) -> None:
    async with opened(settings, working=False) as crashing:
        crashing.hub.updates.lanes.open()
        await crashing.keep(said("", event="m", attachments=[file("f1"), file("f2")]))
        await crashing.settle()
        assert crashing.platform.fetched == []
    async with opened(settings) as bench:
        bench.platform.files |= {"f1": PDF, "f2": b"MZ"}
        for _ in range(3):
            await bench.hub.sweep()
            await bench.settle()
        kept, refused = (await bench.history())[0].attachments
        assert (kept.state, refused.state) == ("stored", "refused")
        assert len(await told(bench)) == 1
        found = await bench.store.read(attachments.next_waiting, (await bench.history())[0].id)
        assert found is None


async def test_locations_contacts_and_stickers_have_no_file(bench: Bench) -> None:
    files = [
        file("", "location", caption="52.1, 21.0"),
        file("", "contact", caption="Anna, +48 600 000 000"),
        file("s1", "sticker", caption="👍"),
    ]
    location, contact, sticker = await brought(bench, *files)
    assert (location.state, contact.state, sticker.state) == ("stored", "stored", "stored")
    assert location.caption == "52.1, 21.0"
    assert bench.platform.fetched == []


async def test_a_caption_is_the_text_of_its_message(bench: Bench) -> None:
    bench.platform.files["f1"] = PDF
    await brought(bench, file(caption="where is my order 10024?"))
    assert bench.platform.texts()["anna"][0] == "echo: where is my order 10024?"


async def test_a_file_without_words_gets_an_answer(bench: Bench) -> None:
    bench.platform.files["f1"] = PDF
    await brought(bench, file())
    assert bench.platform.texts() == {"anna": ["echo: document"]}


async def test_the_files_of_a_message_that_is_taken_back_are_forgotten(bench: Bench) -> None:
    bench.platform.files["f1"] = PDF
    await brought(bench, file())
    await bench.keep(deleted("m"))
    await bench.settle()
    assert (await bench.history())[0].attachments == ()


# -- The folder -----------------------------------------------------------------------------------------


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(1000)


async def test_an_endless_file_is_cut_off_and_leaves_nothing(tmp_path: Path) -> None:
    files = Files(tmp_path)
    pieces = _endless()
    with pytest.raises(FileTooLarge):
        await files.receive(pieces, limit=10_000)
    assert list((tmp_path / "incoming").iterdir()) == []
    with pytest.raises(StopAsyncIteration):
        await pieces.__anext__()


async def test_an_empty_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(FileEmpty):
        await Files(tmp_path).receive(pieces_of(tmp_path / "empty"), limit=10)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "incoming"])
def test_only_hashes_and_names_of_ours_are_paths(tmp_path: Path, name: str) -> None:
    for path in (Files(tmp_path).path, Files(tmp_path).incoming):
        with pytest.raises(ValueError, match="not"):
            path(name)


async def test_what_nobody_wants_is_removed_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files(tmp_path)
    received = await files.receive(pieces_of(Path(__file__)), limit=MEGABYTE)
    await files.clean()
    assert received.path.exists()
    later = received.path.stat().st_mtime + 25 * 3600
    monkeypatch.setattr("bot.files.time.time", lambda: later)
    await files.clean()
    assert not received.path.exists()


def kept_files(settings: Settings) -> list[Path]:
    folder = files_of(settings).path("0" * 64).parent.parent
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_all_types_are_taken_unless_the_setting_says_otherwise() -> None:
    assert Settings().file_types == TYPES


# -- What is said ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_about_files_is_said_in_every_language(language: str) -> None:
    words = Words(domain()["responses"], language)
    said = [words.text(answer_to(kind)) for kind in FILE_KINDS]
    said += [words.text(refusal(reason), megabytes=20, types="JPG, PDF") for reason in REASONS]
    assert not [text for text in said if "{" in text or text.startswith("utter_")]
    assert "20 MB" in said[len(FILE_KINDS)]
    assert "JPG, PDF" in said[len(FILE_KINDS) + 1]


async def test_the_served_dialogue_answers_files_without_words_and_stands_still(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the conversation's language, or that of the platform; an open question stays open."""
    dialogue = ServedDialogue(tmp_path, turns=5, timeout=5)
    engine = SimpleNamespace(
        sentence=lambda response, language, values: Words(domain()["responses"], language).text(response)
    )
    monkeypatch.setattr(dialogue, "_engine", engine)
    bench.platform.files["f1"] = picture()
    await bench.keep(said("", event="m", locale="bg-BG", attachments=[file(kind="photo")]))
    await bench.settle()
    found = await bench.address()
    seen = await bench.store.read(conversations.latest, found.customer_id)
    assert seen is not None
    item = InboxItem(1, (await bench.history())[0], found, now(), 1, 0, locale="bg-BG")
    for known, expected in (("pl", "Dziękuję za zdjęcie"), (None, "Благодаря за снимката")):
        conversation = replace(seen, language=known, dialogue={"events": ["kept"]})
        outcome = await dialogue.respond(conversation, item)
        assert outcome.replies[0].text.startswith(expected)
        assert (outcome.dialogue, outcome.language) == ({"events": ["kept"]}, known)
