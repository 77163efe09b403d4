"""Training: the files of the project become a model archive, promoted when it is whole."""

from __future__ import annotations

import time
from pathlib import Path

import structlog

from bot import model_files
from bot.errors import ModelError
from bot.rasa_environment import importing

log = structlog.get_logger(__name__)

PROJECT = Path(__file__).resolve().parent.parent


def train(models: Path, *, project: Path = PROJECT) -> model_files.ModelFile:
    """Train on config.yml, domain.yml and data/ and promote the result. ModelError if Rasa refuses the files.

    An unchanged part is taken from Rasa's cache, an unchanged sentence from the encoder's.
    """
    with importing():
        from rasa.model_training import train as rasa_train

    from bot.rasa_training_speed import reading_once

    models.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    try:
        with reading_once():
            result = rasa_train(
                domain=str(project / "domain.yml"),
                config=str(project / "config.yml"),
                training_files=[str(project / "data" / part) for part in ("nlu", "rules.yml")],
                output=str(models),
                fixed_model_name=time.strftime("%Y%m%d-%H%M%S"),
            )
    except SystemExit as error:
        raise ModelError("Rasa refused the training files; its reason stands above") from error
    except Exception as error:
        raise ModelError(f"training failed: {error}") from error
    if result.code != 0 or not result.model:
        raise ModelError(f"training ended with code {result.code} and no model")
    model = model_files.promote(Path(result.model), models)
    _prepare_knowledge(project / "data" / "knowledge")
    log.info("model.trained", model=model.name, seconds=round(time.perf_counter() - started, 1))
    return model


def _prepare_knowledge(folder: Path) -> None:
    """Encode new help articles now, so that no customer waits for it. Without articles nothing happens."""
    from bot.nlu.knowledge import open_knowledge
    from bot.nlu.language import DEFAULT_LANGUAGES

    if folder.is_dir():
        log.info("knowledge.encoding", folder=str(folder))
        open_knowledge(folder).load(DEFAULT_LANGUAGES)
