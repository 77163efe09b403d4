"""The command line: arguments in, exit code out. What the commands do is in their modules."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timezone
from getpass import getpass
from pathlib import Path

from bot import __version__, logs
from bot.errors import GrijaError, SettingsError
from bot.models import Role
from bot.rasa_environment import ignore_old_warnings
from bot.served_dialogue import ServedDialogue
from bot.settings import Settings, read_settings

HELD_OUT = Path(__file__).resolve().parent.parent / "tests" / "nlu" / "heldout.tsv"
ENTITIES = HELD_OUT.with_name("entities.tsv")
PUBLIC_SETS = ("banking77", "clinc150", "hwu64")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0 if it did what it should, 1 if not, with one line that says why."""
    options = _parser().parse_args(arguments)
    ignore_old_warnings()
    try:
        settings = read_settings()
        logs.set_up(settings)
        command: Callable[[Settings, argparse.Namespace], int] = options.run
        return command(settings, options)
    except GrijaError as error:
        print(f"grija: {error}", file=sys.stderr)
    except OSError as error:
        print(f"grija: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
    except KeyboardInterrupt:
        pass
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="grija", description="Omnichannel support bot.")
    parser.add_argument("--version", action="version", version=f"grija {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="serve web pages, widget and channels").set_defaults(run=_serve)
    commands.add_parser("chat", help="talk to the bot in this terminal").set_defaults(run=_chat)
    commands.add_parser("train", help="train a model and put it into service").set_defaults(run=_train)
    commands.add_parser("check", help="check settings, database, model, shop and pages").set_defaults(
        run=_check
    )
    _add_agent(commands.add_parser("agent", help="add people, list them, set their passwords"))
    export = commands.add_parser("export", help="write everything about a customer into a ZIP archive")
    export.add_argument("--customer", required=True, metavar="ID", help="id of the customer")
    export.add_argument(
        "--output", type=Path, metavar="FILE", help="the archive (default: customer-<ID>.zip)"
    )
    export.set_defaults(run=_export)
    erase = commands.add_parser("erase", help="remove everything about a customer, for good")
    erase.add_argument("--customer", required=True, metavar="ID", help="id of the customer")
    erase.add_argument("--yes", action="store_true", help="do not ask whether this is meant")
    erase.set_defaults(run=_erase)
    parse = commands.add_parser(
        "parse", help="read texts from standard input, write what is understood as JSON"
    )
    parse.add_argument("--language", help="take every line to be in this language")
    parse.set_defaults(run=_parse)
    _add_signals(commands.add_parser("signals", help="how customers felt: read it again, write it to a file"))
    _add_evaluate(commands.add_parser("evaluate", help="measure the current model on held-out messages"))
    return parser


def _add_agent(agent: argparse.ArgumentParser) -> None:
    commands = agent.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add = commands.add_parser("add", help="add somebody and print the link with which they set a password")
    add.add_argument("email")
    add.add_argument("--name", help="as customers see it (default: what stands before the @)")
    add.add_argument("--role", choices=[role.value for role in Role], default=Role.AGENT.value)
    add.add_argument("--languages", default="", help="that they speak, comma-separated (default: all)")
    add.add_argument("--capacity", type=int, default=4, help="conversations at a time (default: 4)")
    add.set_defaults(run=_agent_add)
    commands.add_parser("list", help="list everybody").set_defaults(run=_agent_list)
    passwd = commands.add_parser("passwd", help="set somebody's password, asked for or from standard input")
    passwd.add_argument("email")
    passwd.add_argument(
        "--remove-second-factor", action="store_true", help="for those who have lost their phone"
    )
    passwd.set_defaults(run=_agent_passwd)


def _add_signals(signals: argparse.ArgumentParser) -> None:
    commands = signals.add_subparsers(title="commands", required=True, metavar="COMMAND")
    rescore = commands.add_parser("rescore", help="read stored messages with the present model of feelings")
    rescore.add_argument(
        "--since", type=_day, metavar="DATE", help="only messages said on this day or later (UTC)"
    )
    rescore.set_defaults(run=_rescore)
    export = commands.add_parser("export", help="write the signals, without what was said, to a file")
    export.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="a new file: NAME.csv or NAME.parquet"
    )
    export.add_argument("--since", type=_day, metavar="DATE", help="said on this day or later (UTC)")
    export.add_argument("--until", type=_day, metavar="DATE", help="said before this day (UTC)")
    export.add_argument("--language", nargs="+", default=[], help="only in these languages (default: all)")
    export.add_argument("--channel", nargs="+", default=[], help="only on these channels (default: all)")
    export.add_argument("--older", action="store_true", help="also readings that a newer model has replaced")
    export.set_defaults(run=_export_signals)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day such as 2026-01-31") from None


def _add_evaluate(evaluate: argparse.ArgumentParser) -> None:
    evaluate.add_argument(
        "--file", type=Path, default=HELD_OUT,
        help="messages with the columns lang, variant, intent, text (default: tests/nlu/heldout.tsv)",
    )  # fmt: skip
    evaluate.add_argument(
        "--entities", type=Path, default=ENTITIES,
        help="messages with the columns language, text, entities (default: tests/nlu/entities.tsv)",
    )  # fmt: skip
    evaluate.add_argument(
        "--language-known", action="store_true", help="tell the model the language of each conversation"
    )
    evaluate.add_argument(
        "--public",
        type=Path,
        metavar="DIR",
        help="train and judge the pipeline on the public sets in DIR instead",
    )
    evaluate.add_argument(
        "--sets",
        nargs="+",
        default=[],
        choices=PUBLIC_SETS,
        help="only these public sets (default: all in DIR)",
    )
    evaluate.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the report goes (default: evaluation/<time> in GRIJA_DATA)",
    )
    evaluate.set_defaults(run=_evaluate)


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    from bot.serve import serve

    asyncio.run(serve(settings))
    return 0


def _chat(settings: Settings, options: argparse.Namespace) -> int:
    from bot.chat import chat

    asyncio.run(chat(settings))
    return 0


def _train(settings: Settings, options: argparse.Namespace) -> int:
    from bot.training import train

    model = train(settings.models)
    print(f"{model.path} is in service now.")
    return 0


def _check(settings: Settings, options: argparse.Namespace) -> int:
    from bot import check

    async def run() -> int:
        wrong = 0
        async for finding in check.check(settings):
            wrong += not finding.right
            print(f"{'ok  ' if finding.right else 'WRONG'} {finding.part}: {finding.text}")
        return wrong

    print("\n".join(check.shown_settings(settings)))
    return 1 if asyncio.run(run()) else 0


def _agent_add(settings: Settings, options: argparse.Namespace) -> int:
    from bot.people import commands

    link = asyncio.run(
        commands.add(
            settings,
            email=options.email,
            name=options.name or options.email.partition("@")[0],
            role=Role(options.role),
            languages=[part.strip() for part in options.languages.split(",") if part.strip()],
            capacity=options.capacity,
        )
    )
    print(link)
    return 0


def _agent_list(settings: Settings, options: argparse.Namespace) -> int:
    from bot.people import commands

    for line in asyncio.run(commands.listed(settings)):
        print(line)
    return 0


def _agent_passwd(settings: Settings, options: argparse.Namespace) -> int:
    from bot.people import commands

    # From a pipe one line is read: a password in the arguments would be seen by everybody on the machine.
    password = getpass("New password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    asyncio.run(
        commands.change_password(
            settings,
            email=options.email,
            password=password,
            remove_second_factor=options.remove_second_factor,
        )
    )
    print(f"{options.email} has a new password; their sessions have ended.")
    return 0


def _export(settings: Settings, options: argparse.Namespace) -> int:
    from bot.customer_data import export

    path = options.output or Path(f"customer-{options.customer}.zip")
    count = asyncio.run(export(settings, options.customer, path))
    print(f"{path}: everything about customer {options.customer}, with {count} files.")
    return 0


def _erase(settings: Settings, options: argparse.Namespace) -> int:
    from bot.customer_data import erase

    if not options.yes:
        answer = input(f"Remove everything about customer {options.customer} for good? Write yes: ")
        if answer.strip().lower() != "yes":
            print("Nothing was removed.")
            return 1
    erased = asyncio.run(erase(settings, options.customer))
    print(f"Removed: {sum(erased.rows.values())} rows and {len(erased.files)} files.")
    return 0


def _parse(settings: Settings, options: argparse.Namespace) -> int:
    from bot.parsing import parse_lines

    if options.language and options.language not in settings.languages:
        raise SettingsError(
            f"--language must be one of {', '.join(settings.languages)}, not {options.language}"
        )

    async def run(dialogue: ServedDialogue) -> None:
        async for line in parse_lines(dialogue, sys.stdin.buffer, language=options.language):
            print(line, flush=True)

    # A reader that has seen enough (head) is no error.
    with contextlib.suppress(BrokenPipeError):
        asyncio.run(_with_model(settings, run))
    return 0


def _rescore(settings: Settings, options: argparse.Namespace) -> int:
    from bot.nlu.feeling_files import load_feelings
    from bot.rescoring import Rescored, rescore
    from bot.store import open_store

    def told(so_far: Rescored) -> None:
        print(f"\r{so_far.read} read, {so_far.left} left out", end="", file=sys.stderr, flush=True)

    async def run(dialogue: ServedDialogue) -> None:
        store = await open_store(settings.database)
        try:
            done = await rescore(store, dialogue, version, since=options.since, told=told)
        finally:
            await store.close()
        print(f"{done.read} messages have a signal of {version} now; {done.left} could not be read.")

    version = load_feelings().version
    asyncio.run(_with_model(settings, run))
    return 0


def _export_signals(settings: Settings, options: argparse.Namespace) -> int:
    from bot.signal_files import export
    from bot.store import open_store
    from bot.store.signals import Wanted

    wanted = Wanted(options.since, options.until, options.language, options.channel, options.older)

    async def run() -> int:
        store = await open_store(settings.database)
        try:
            return await export(store, options.output, wanted)
        finally:
            await store.close()

    print(f"{options.output}: {asyncio.run(run())} signals.")
    return 0


def _evaluate(settings: Settings, options: argparse.Namespace) -> int:
    from bot.evaluation.command import Options, run

    folder = options.output or settings.data / "evaluation" / time.strftime("%Y%m%d-%H%M%S")
    chosen = Options(
        options.file, options.entities, options.language_known, options.public, tuple(options.sets), folder
    )
    return run(settings, chosen)


async def _with_model(settings: Settings, run: Callable[[ServedDialogue], Awaitable[None]]) -> None:
    dialogue = ServedDialogue(settings.models, turns=settings.dialogue_turns, timeout=settings.turn_timeout)
    await dialogue.load()
    try:
        await run(dialogue)
    finally:
        await dialogue.close()


if __name__ == "__main__":
    sys.exit(main())
