"""The documentation says what the code does. Each failure tells what to write, and on which page."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from bot import __main__ as command_line
from bot import faults, web
from bot.app import create_app, open_grija
from bot.metrics import Metrics
from bot.settings import Settings, variable
from bot.store import tables
from channels import CHANNELS
from tests import pages
from tests.doubles import open_echo
from tests.pages import same

OPERATIONS = "docs/operations.md"
# Variables of tools, which are no settings of the server.
TOOLS = {"GRIJA_CHROMIUM", "GRIJA_PYTHON"}
# Made by `make run`; not in a fresh clone.
GENERATED = ("models/current", "web/dist")


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


def test_every_error_code_has_its_status() -> None:
    real = [(f"`{kind.code}`", str(kind.http_status)) for kind in pages.documented_errors()]
    real += [(f"`{code}`", str(status)) for status, code in web._CODES.items()]
    written = [(row[0], row[1]) for row in pages.table(pages.read("docs/errors.md"))]
    same(written, real, "docs/errors.md", "codes with their HTTP status")
    assert len(written) == len(set(written)), "docs/errors.md: a code stands there twice"


# -- Operations -----------------------------------------------------------------------------------------


async def test_every_route_is_documented(sqlite_settings: Settings) -> None:
    names = [name for name in CHANNELS if name != "terminal"]  # it has no routes, and would read our input
    everything = replace(
        sqlite_settings,
        slack_signing_secret="s",
        slack_client_id="1",
        slack_client_secret="2",
        telegram_token="123456789:" + "x" * 35,
        telegram_api_url="http://127.0.0.1:9",
        telegram_webhook_secret="x" * 32,
    )
    async with open_grija(everything, channels=names, open_dialogue=open_echo) as grija:
        routes = [route for route in create_app(grija).router.routes() if route.method != "HEAD"]
    # Those of the API have a page of their own: tests/test_authorisation.py looks at it.
    real = [
        (route.method, f"`{route.resource.canonical}`")
        for route in routes
        if route.resource and not route.resource.canonical.startswith("/api/v1/")
    ]
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
    commands = _commands()
    rows = {pages.codes(row[0])[0]: row[1] for row in pages.table(pages.section(OPERATIONS, "Command line"))}
    same(rows, commands, f"{OPERATIONS}, Command line", "commands")
    for name, parser in commands.items():
        for option in set(re.findall(r"--[a-z-]+", parser.format_help())) - {"--help"}:
            assert option in rows[name], f"{OPERATIONS}, Command line: say what `{name} {option}` does"


@pytest.mark.parametrize("page", pages.pages())
def test_commands_exist(page: str) -> None:
    named = re.findall(r"-m bot ([a-z]+)", pages.read(page))
    unknown = set(named) - set(_commands())
    assert not unknown, f"{page} names what is no command of `python -m bot`: {', '.join(sorted(unknown))}"


def _commands() -> dict[str, argparse.ArgumentParser]:
    actions = command_line._parser()._actions
    return next(dict(action.choices) for action in actions if isinstance(action, argparse._SubParsersAction))


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
    targets = set(re.findall(r"^([a-z-]+):", pages.read("Makefile"), re.MULTILINE))
    named = [*pages.codes(pages.read(page)), *pages.shell_lines(pages.read(page))]
    wanted = {found[1] for line in named if (found := re.match(r"make ([a-z-]+)", line))}
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
    commands = [line.partition("#")[0].strip() for line in pages.shell_lines("\n".join(lines[:30]))]
    assert commands == ["make run", "make test"], (
        "README.md: its first code block holds `make run` and `make test`"
    )
    beginning = "\n".join(lines[:30])
    assert "docs/images/widget.png" in beginning, (
        "README.md: the picture of the widget belongs at its beginning"
    )


def test_changelog_says_what_is_unreleased() -> None:
    assert re.search(r"^## \[Unreleased\]$", pages.read("CHANGELOG.md"), re.MULTILINE), (
        "CHANGELOG.md: what is not released yet stands under ## [Unreleased]"
    )
    assert re.search(
        r"^### (Added|Changed|Fixed|Removed|Security|Deprecated)$", pages.read("CHANGELOG.md"), re.M
    )


# Put together here, so that this file does not find itself.
_NAMES = (("pypi", "org"), ("python" + "hosted", "org"), ("npm" + "js", "org"), ("npm" + "js", "com"))
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
