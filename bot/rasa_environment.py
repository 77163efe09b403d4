"""What Rasa and TensorFlow read from the environment, and the noise of importing them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Import Rasa in this block: telemetry off, one compute thread for each native library, Python's loops, no chatter.

    Rasa's old dependencies deprecate each other while they are imported, and one of them changes the filters of
    warnings for the whole process; nobody who runs the bot can do anything about either.
    """
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Its other kernels prepare themselves for each new length of a text, and do not share the cores well.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    # One message is small work: threads of native libraries would only fight each other for the cores. Of messages,
    # as many as there are cores may be encoded at once.
    for name in ("OMP_NUM_THREADS", "TF_INTRA_OP_PARALLELISM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TF_INTER_OP_PARALLELISM_THREADS", str(os.cpu_count() or 1))
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    # Its old library for Telegram would else give the whole process another kind of event loop, by being imported.
    os.environ["DISABLE_UVLOOP"] = "1"
    with warnings.catch_warnings(record=True):
        yield


def ignore_old_warnings() -> None:
    """Keep what libraries deprecate out of the output of our commands."""
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.filterwarnings("ignore", message="Slot auto-fill has been removed", category=UserWarning)
