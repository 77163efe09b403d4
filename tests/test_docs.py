"""The documentation says what the code does. Each failure tells what to write, and on which page."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSCloseCode

from bot import __main__ as command_line
from bot import errors, faults, text, tokens, web
from bot.app import create_app, open_grija
from bot.metrics import Metrics
from bot.models import Author, AuthorKind, Button, Message, now
from bot.settings import Settings, variable
from bot.store import tables
from channels import CHANNELS, web_session, widget_frames
from channels.web import _HEARTBEAT
from tests import pages
from tests.doubles import open_echo
from tests.test_widget_unit import node

PROTOCOL = "docs/protocol.md"
OPERATIONS = "docs/operations.md"
# Variables of tools, which are no settings of the server.
TOOLS = {"GRIJA_CHROMIUM", "GRIJA_PYTHON"}
# Made by `make run`; not in a fresh clone.
GENERATED = ("models/current", "web/dist")


def same(documented: Iterable[object], real: Iterable[object], page: str, what: str) -> None:
    """Fail with what is missing on a page and what is too much there."""
    missing = sorted(str(item) for item in set(real) - set(documented))
    stale = sorted(str(item) for item in set(documented) - set(real))
    assert not missing, f"{page}: write these {what} down: {', '.join(missing)}"
    assert not stale, f"{page}: take these {what} out, they do not exist: {', '.join(stale)}"


# -- Settings -------------------------------------------------------------------------------------------


def test_every_setting_has_its_row() -> None:
    rows = {
        f"| `{variable(item.name)}` | {_shown(item.default)} | {item.metadata['help']} |"
        for item in fields(Settings)
    }
    written = {line for line in pages.read("docs/settings.md").splitlines() if line.startswith("| `GRIJA_")}
    tools = {line for line in written if line.split("`")[1] in TOOLS}
    same(written - tools, rows, "docs/settings.md", "rows")


@pytest.mark.parametrize("page", pages.pages())
def test_no_page_names_a_setting_that_does_not_exist(page: str) -> None:
    known = {variable(item.name) for item in fields(Settings)} | TOOLS
    named = set(re.findall(r"GRIJA_[A-Z_]*[A-Z]", pages.read(page)))
    assert not named - known, f"{page} names what is no setting: {', '.join(sorted(named - known))}"


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "`yes`" if default else "`no`"
    if isinstance(default, tuple):
        default = ",".join(default)
    if isinstance(default, float):
        default = f"{default:g}"
    return f"`{default}`" if str(default) else "empty"


# -- Errors ---------------------------------------------------------------------------------------------


def _errors(root: type[errors.GrijaError] = errors.GrijaError) -> list[type[errors.GrijaError]]:
    return [kind for kind in errors.all_errors(root) if not kind.__module__.startswith("tests")]


def test_every_error_code_has_its_status() -> None:
    real = [(f"`{kind.code}`", str(kind.http_status)) for kind in _errors()]
    real += [(f"`{code}`", str(status)) for status, code in web._CODES.items()]
    written = [(row[0], row[1]) for row in pages.table(pages.read("docs/errors.md"))]
    same(written, real, "docs/errors.md", "codes with their HTTP status")
    assert len(written) == len(set(written)), "docs/errors.md: a code stands there twice"


def test_every_client_error_is_in_the_protocol() -> None:
    real = [kind.code for kind in _errors(errors.ClientError)]
    same(pages.first_codes(pages.section(PROTOCOL, "Error codes")), real, PROTOCOL, "error codes")


# -- Widget protocol ------------------------------------------------------------------------------------

FROM_CLIENT, FROM_SERVER = "From the client", "From the server"


class Recorder(dict[str, Any]):
    """A frame's body that notes which fields a parser reads."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body)
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        value = super().get(key, default)
        if isinstance(value, dict):
            value = self[key] = value if isinstance(value, Recorder) else Recorder(value)
        return value


def _rendered() -> dict[str, dict[str, Any]]:
    said = Message("m", "c", 1, Author(AuthorKind.BOT), "hi", now(), (Button("b", "Yes", "/affirm"),))
    limited = errors.RateLimited("too many", retry_after=1)
    frames = [
        widget_frames.welcome(token="t", seq=0, status="bot", language="en"),
        widget_frames.ack(client_msg_id="1", message_id="m", seq=1),
        widget_frames.message(said),
        widget_frames.status("bot"),
        widget_frames.typing(on=True, name="Grija"),
        widget_frames.error(limited, client_msg_id="1"),
        widget_frames.pong(),
    ]
    return {frame["type"]: frame for frame in frames}


def test_every_frame_has_its_section() -> None:
    client = pages.headings(pages.section(PROTOCOL, FROM_CLIENT), 3)
    same(client, widget_frames._PARSERS, PROTOCOL, "frames from the client")
    source = pages.read("channels/widget_frames.py")
    server = pages.headings(pages.section(PROTOCOL, FROM_SERVER), 3)
    same(server, re.findall(r'"type": "(\w+)"', source), PROTOCOL, "frames from the server")
    assert widget_frames.PROTOCOL in pages.read(PROTOCOL)


@pytest.mark.parametrize("kind", widget_frames._PARSERS)
def test_frames_from_the_client_are_read_as_documented(kind: str) -> None:
    section = pages.section(PROTOCOL, FROM_CLIENT, kind)
    body = json.loads(pages.block(section, "json"))
    assert body["type"] == kind
    recorder = Recorder(body)
    widget_frames._PARSERS[kind](recorder)
    where = f"{PROTOCOL}, ### {kind}"
    same(pages.first_codes(section), recorder.read, where, "fields")
    same(set(body) - {"type"}, recorder.read, where, "fields of the example")
    if kind == "hello":
        identity = pages.table(pages.section(PROTOCOL, "Identity"))
        read = recorder["identity"].read
        same([code for row in identity for code in pages.codes(row[0])], read, PROTOCOL, "identity fields")


@pytest.mark.parametrize("kind", _rendered())
def test_frames_from_the_server_are_sent_as_documented(kind: str) -> None:
    section = pages.section(PROTOCOL, FROM_SERVER, kind)
    frame = _rendered()[kind]
    where = f"{PROTOCOL}, ### {kind} from the server"
    same(_paths(json.loads(pages.block(section, "json"))), _paths(frame), where, "fields of the example")
    same(pages.first_codes(section), set(frame) - {"type"}, where, "fields")


def _paths(value: Any, name: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path for key, inner in value.items() for path in _paths(inner, f"{name}.{key}")}
    if isinstance(value, list):
        return {path for inner in value for path in _paths(inner, f"{name}[]")}
    return {name}


def test_close_codes_and_limits_are_the_real_ones() -> None:
    sources = pages.read("channels/web.py") + pages.read("channels/web_session.py")
    used = {str(WSCloseCode[name].value) for name in re.findall(r"WSCloseCode\.([A-Z_]+)", sources)}
    used |= set(re.findall(r"\bcode=(\d{4})\b", sources))
    of_aiohttp = {"1000", "1007", "1009"}
    written = [row[0] for row in pages.table(pages.section(PROTOCOL, "Close codes"))]
    same(written, used | of_aiohttp, PROTOCOL, "close codes")
    limits = {
        "longest frame, bytes": widget_frames.MAXIMUM_FRAME,
        "longest text, characters": text.MAXIMUM_LENGTH,
        "seconds until `hello`": web_session._HELLO_SECONDS,
        "refused frames until the socket is closed": web_session._BAD_FRAMES,
        "frames in a second on one socket": web_session._FRAMES_PER_SECOND,
        "seconds a client may take to read a frame": web_session._SEND_SECONDS,
        "seconds between the server's WebSocket pings": _HEARTBEAT,
    }
    real = {(what, f"{value:g}") for what, value in limits.items()}
    rows = {(row[0], row[1]) for row in pages.table(pages.section(PROTOCOL, "Limits"))}
    same(rows, real, PROTOCOL, "limits")


def test_the_identity_examples_are_believed() -> None:
    section = pages.section(PROTOCOL, "Identity")
    arguments = ("k" * 32, "demo", "4711")
    namespace: dict[str, Callable[..., dict[str, Any]]] = {}
    exec(pages.block(section, "python"), namespace)
    script = (
        pages.block(section, "javascript")
        + f"console.log(JSON.stringify(identity(...{json.dumps(arguments)})))"
    )
    done = subprocess.run([node(), "-e", script], capture_output=True, text=True, check=True, timeout=60)
    for identity in (namespace["identity"](*arguments), json.loads(done.stdout)):
        tokens.check_identity(
            arguments[0],
            site=arguments[1],
            user_id=identity["user_id"],
            expires=identity["exp"],
            signature=identity["hmac"],
        )


# -- Operations -----------------------------------------------------------------------------------------


async def test_every_route_is_documented(sqlite_settings: Settings) -> None:
    names = [name for name in CHANNELS if name != "terminal"]  # it has no routes, and would read our input
    async with open_grija(sqlite_settings, channels=names, open_dialogue=open_echo) as grija:
        routes = [route for route in create_app(grija).router.routes() if route.method != "HEAD"]
    real = [(route.method, f"`{route.resource.canonical}`") for route in routes if route.resource]
    written = [(row[0], row[1]) for row in pages.table(pages.section(OPERATIONS, "Routes"))]
    same(written, real, f"{OPERATIONS}, Routes", "routes")


def test_every_metric_is_documented() -> None:
    real = set()
    for metric in vars(Metrics()).values():
        for described in getattr(metric, "describe", list)():
            name = described.name + ("_total" if described.type == "counter" else "")
            real.add((f"`{name}`", ", ".join(f"`{label}`" for label in metric._labelnames)))
    written = [(row[0], row[1]) for row in pages.table(pages.section(OPERATIONS, "Metrics"))]
    same(written, real, f"{OPERATIONS}, Metrics", "metrics with their labels")


def test_every_event_of_the_log_is_documented() -> None:
    sources = "".join(
        pages.read(name) for name in pages.tracked() if re.match(r"(bot|channels)/.*\.py$", name)
    )
    real = set(re.findall(r'\blog\.\w+\(\s*"([a-z_.]+[a-z])"', sources))
    real |= {
        f"delivery.{result}" for result in re.findall(r'result = "(\w+)"', pages.read("bot/delivery.py"))
    }
    same(pages.first_codes(pages.section(OPERATIONS, "Logs")), real, f"{OPERATIONS}, Logs", "events")


def test_every_command_is_documented() -> None:
    actions = command_line._parser()._actions
    commands = next(action for action in actions if isinstance(action, argparse._SubParsersAction)).choices
    rows = {pages.codes(row[0])[0]: row[1] for row in pages.table(pages.section(OPERATIONS, "Command line"))}
    same(rows, commands, f"{OPERATIONS}, Command line", "commands")
    for name, parser in commands.items():
        for option in set(re.findall(r"--[a-z-]+", parser.format_help())) - {"--help"}:
            assert option in rows[name], f"{OPERATIONS}, Command line: say what `{name} {option}` does"


# -- Architecture and channels --------------------------------------------------------------------------


def test_every_crash_point_is_documented() -> None:
    written = pages.first_codes(pages.section("docs/architecture.md", "Crash points"))
    same(written, faults.POINTS, "docs/architecture.md, Crash points", "points")


def test_every_table_is_documented() -> None:
    written = pages.first_codes(pages.section("docs/architecture.md", "The store"))
    same(written, tables.metadata.tables, "docs/architecture.md, The store", "tables")


def test_every_channel_is_documented() -> None:
    written = {
        row[0]: row[1]
        for row in pages.table(pages.read("docs/channels.md"))
        if row[1].startswith("`channels/")
    }
    real = {
        f"`{name}`": f"`{path.partition(':')[0].replace('.', '/')}.py`" for name, path in CHANNELS.items()
    }
    same(written.items(), real.items(), "docs/channels.md", "channels with their modules")


# -- Names, links, files --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages.pages())
def test_what_is_named_exists(page: str) -> None:
    top = {name.partition("/")[0] for name in pages.tracked()}
    for code in pages.codes(pages.read(page)):
        name = re.sub(r"\(.*\)$", "", code)
        if re.fullmatch(r"(bot|channels|actions|tests)(\.\w+)+", name):
            assert pages.is_defined(name), (
                f"{page} names `{name}`, which is not in the code: write its present name"
            )
        elif re.fullmatch(r"tests/\w+\.py::\w+", name):
            file, _, function = name.partition("::")
            where = file.removesuffix(".py").replace("/", ".")
            assert pages.is_defined(f"{where}.{function}"), (
                f"{page} names the test `{name}`, which does not exist"
            )
        elif _is_path(name, top):
            assert (pages.ROOT / name).exists(), f"{page} names the file `{name}`, which does not exist"


def _is_path(name: str, top: set[str]) -> bool:
    if name.startswith(GENERATED) or not re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", name):
        return False
    return ("/" in name and name.partition("/")[0] in top) or bool(
        re.fullmatch(r"\w+\.(yml|toml|lock)", name)
    )


@pytest.mark.parametrize("page", pages.pages())
def test_links_lead_somewhere(page: str) -> None:
    for link in pages.links(page):
        file, _, anchor = link.partition("#")
        target = (pages.ROOT / page).parent / file if file else pages.ROOT / page
        assert target.exists(), f"{page} links to {link}, which does not exist"
        if anchor:
            found = pages.anchors(target.read_text(encoding="utf-8"))
            assert anchor in found, f"{page} links to {link}, but that page has no such heading"


@pytest.mark.parametrize("page", pages.pages())
def test_make_targets_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", pages.read("Makefile"), re.MULTILINE))
    named = [*pages.codes(pages.read(page)), *pages.shell_lines(pages.read(page))]
    wanted = {found[1] for line in named if (found := re.match(r"make ([a-z]+)", line))}
    assert not wanted - targets, (
        f"{page} names what the Makefile has not: {', '.join(sorted(wanted - targets))}"
    )


def test_every_page_is_in_the_index() -> None:
    index = pages.links("docs/README.md")
    real = [name.removeprefix("docs/") for name in pages.pages() if re.match(r"docs/(?!README)", name)]
    same(index, real, "docs/README.md", "pages")
    numbers = [Path(name).name[:4] for name in real if name.startswith("decisions/")]
    assert len(numbers) == len(set(numbers)), "docs/decisions: a number is used twice"


def test_readme_is_short_and_begins_with_the_two_commands() -> None:
    lines = pages.read("README.md").splitlines()
    assert len(lines) <= 120, f"README.md has {len(lines)} lines; 120 are enough, move something to docs/"
    beginning = "\n".join(lines[:30])
    for wanted in ("make run", "make test", "docs/images/widget.png"):
        assert wanted in beginning, f"README.md: {wanted} belongs into its first 30 lines"


def test_changelog_says_what_is_unreleased() -> None:
    assert re.search(r"^## \[Unreleased\]$", pages.read("CHANGELOG.md"), re.MULTILINE), (
        "CHANGELOG.md: what is not released yet stands under ## [Unreleased]"
    )
    assert re.search(
        r"^### (Added|Changed|Fixed|Removed|Security|Deprecated)$", pages.read("CHANGELOG.md"), re.M
    )


# Put together here, so that this file does not find itself.
_NAMES = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
REGISTRIES = [".".join(parts) for parts in _NAMES]
OWN_MACHINE = re.compile(r"(?<![\w.~-])/(home|Users)/\w|(?<![\w.:~-])/(root|work)/\w")


@pytest.mark.parametrize("name", pages.tracked())
def test_no_file_names_a_registry_or_a_machine(name: str) -> None:
    content = (pages.ROOT / name).read_bytes().decode("utf-8", errors="ignore")
    named = [registry for registry in REGISTRIES if registry in content]
    assert not named, f"{name} names {', '.join(named)}: files hold no address of a package registry"
    path = OWN_MACHINE.search(content)
    assert not path, (
        f"{name} names a folder of somebody's machine: {content[path.start() : path.start() + 40]!r}"
    )
