"""What Rasa and TensorFlow read from the environment, set before their first import."""

from __future__ import annotations

import os
import warnings


def prepare() -> None:
    """Telemetry off, one compute thread for each native library, no chatter. Call before importing rasa."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # One message is small work: threads of native libraries would only fight each other for the cores.
    for name in ("OMP_NUM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS", "TF_INTRA_OP_PARALLELISM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    # Rasa's old dependencies deprecate each other; nobody who runs the bot can do anything about it.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
