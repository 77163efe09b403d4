"""The command line: arguments in, exit code out. What the commands do is in their modules."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot import __version__, logs
from bot.errors import GrijaError, SettingsError
from bot.rasa_environment import ignore_old_warnings
from bot.served_dialogue import ServedDialogue
from bot.settings import Settings, read_settings

HELD_OUT = Path(__file__).resolve().parent.parent / "tests" / "nlu" / "heldout.tsv"


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
    parse = commands.add_parser(
        "parse", help="read texts from standard input, write what is understood as JSON"
    )
    parse.add_argument("--language", help="take every line to be in this language")
    parse.set_defaults(run=_parse)
    evaluate = commands.add_parser("evaluate", help="measure the current model on held-out messages")
    evaluate.add_argument(
        "files", nargs="*", type=Path, help="files to judge by (default: tests/nlu/heldout.tsv)"
    )
    evaluate.add_argument("--json", action="store_true", help="write the report as JSON")
    evaluate.set_defaults(run=_evaluate)
    return parser


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


def _evaluate(settings: Settings, options: argparse.Namespace) -> int:
    from bot.evaluate import HeldoutUnreadable, evaluate

    async def run(dialogue: ServedDialogue) -> None:
        try:
            report = await evaluate(dialogue.parse, options.files or [HELD_OUT])
        except HeldoutUnreadable as error:
            raise SettingsError(str(error)) from None
        print(
            json.dumps(report.as_dict(), ensure_ascii=False, indent=2) if options.json else report.as_table()
        )

    asyncio.run(_with_model(settings, run))
    return 0


async def _with_model(settings: Settings, run: Callable[[ServedDialogue], Awaitable[None]]) -> None:
    dialogue = ServedDialogue(settings.models, turns=settings.dialogue_turns, timeout=settings.turn_timeout)
    await dialogue.load()
    try:
        await run(dialogue)
    finally:
        await dialogue.close()


if __name__ == "__main__":
    sys.exit(main())
