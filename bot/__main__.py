"""The command line: arguments in, exit code out. What the commands do is in their modules."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot import __version__, logs
from bot.errors import GrijaError
from bot.settings import Settings, read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0 if it did what it should, 1 if not, with one line that says why."""
    options = _parser().parse_args(arguments)
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
    from bot.served_dialogue import ServedDialogue

    async def run() -> None:
        dialogue = ServedDialogue(
            settings.models, turns=settings.dialogue_turns, timeout=settings.turn_timeout
        )
        await dialogue.load()
        try:
            async for line in parse_lines(dialogue, sys.stdin.buffer, language=options.language):
                print(line, flush=True)
        finally:
            await dialogue.close()

    # A reader that has seen enough (head) is no error.
    with contextlib.suppress(BrokenPipeError):
        asyncio.run(run())
    return 0


def _evaluate(settings: Settings, options: argparse.Namespace) -> int:
    return 1


if __name__ == "__main__":
    sys.exit(main())
