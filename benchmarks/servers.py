"""The two servers of the benchmark as groups of processes: started, watched and always ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from bot import model_files

PROJECT = Path(__file__).resolve().parent.parent

# One compute thread for each native library on both sides: they would only fight for the cores.
_THREADS = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
        "TF_INTER_OP_PARALLELISM_THREADS", "TF_INTRA_OP_PARALLELISM_THREADS",
    )
}  # fmt: skip
_ENDPOINTS = 'action_endpoint:\n  url: "http://127.0.0.1:{port}/webhook"\n'
_CREDENTIALS = "rest:\n"
_SAMPLE_SECONDS = 0.2
_END_SECONDS = 15.0


@dataclass
class Server:
    """A running side: where it listens, and what its processes use."""

    name: str
    kind: str
    url: str
    processes: list[psutil.Process]
    started: float
    log: Path
    peak_rss: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def cpu_seconds(self) -> float:
        """CPU seconds, user and system, of all its processes so far."""
        return sum(_of_all(self._all(), lambda process: sum(process.cpu_times()[:2])))

    def check(self) -> None:
        """RuntimeError, with the end of its log, if a process of it has ended."""
        if not all(process.is_running() and process.status() != "zombie" for process in self.processes):
            raise RuntimeError(f"{self.name} has ended: {self.log.read_text(errors='replace')[-2000:]}")

    def watch(self) -> None:
        """Note the peak of resident memory until `stop_watching`; runs in a thread."""
        while not self._stopped.wait(_SAMPLE_SECONDS):
            used = sum(_of_all(self._all(), lambda process: process.memory_info().rss))
            self.peak_rss = max(self.peak_rss, int(used))

    def stop_watching(self) -> None:
        """End `watch`."""
        self._stopped.set()

    def _all(self) -> list[psutil.Process]:
        children = [child for process in self.processes for child in process.children(recursive=True)]
        return [*self.processes, *children]


@contextmanager
def grija(
    folder: Path, *, module: str = "bot", more: Mapping[str, str] | None = None, models: Path | None = None
) -> Iterator[Server]:
    """`python -m bot serve` with a widget, SQLite and everything on; its data in `folder`.

    `models` is the folder of the model that is served, if it is not the project's own.
    """
    port = free_port()
    settings = {
        "GRIJA_HOST": "127.0.0.1",
        "GRIJA_PORT": str(port),
        "GRIJA_MODELS": str(folder / "models"),
        # Limits against floods are not what is measured.
        "GRIJA_MESSAGES_PER_MINUTE": "1000000",
        "GRIJA_VISITORS_PER_HOUR": "1000000",
        "GRIJA_SOCKETS_PER_IP": "1000",
    }
    copy_model(folder / "models", models)
    command = [sys.executable, "-m", module, "serve"]
    environment = {**_environment(folder), **settings, **(more or {})}
    with _running("Grija", "widget", port, folder, [command], environment) as server:
        yield server


@contextmanager
def rasa(folder: Path) -> Iterator[Server]:
    """`rasa run` with its REST channel, and `rasa run actions` beside it, as Rasa's documentation sets them up."""
    port, actions_port = free_port(), free_port()
    archive = copy_model(folder / "models")
    (folder / "endpoints.yml").write_text(_ENDPOINTS.format(port=actions_port))
    (folder / "credentials.yml").write_text(_CREDENTIALS)
    start = [sys.executable, "-m", "rasa", "run"]
    actions = [*start, "actions", "--actions", "actions", "--port", str(actions_port)]
    core = [*start, "--enable-api", "--model", str(archive), "--interface", "127.0.0.1", "--port", str(port),
            "--endpoints", str(folder / "endpoints.yml"), "--credentials", str(folder / "credentials.yml")]  # fmt: skip
    with _running("Rasa", "rest", port, folder, [actions, core], _environment(folder)) as server:
        yield server


def copy_model(folder: Path, source: Path | None = None) -> Path:
    """A copy of the model in service, so that a training in between changes nothing."""
    model = model_files.read_current(source or PROJECT / "models")
    folder.mkdir(parents=True)
    copied = Path(shutil.copy(model.path, folder))
    model_files.promote(copied, folder)
    return copied


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path) -> dict[str, str]:
    # The shop of the demo, which the actions of both sides ask, is made afresh in GRIJA_DATA.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRIJA_")}
    return {**kept, **_THREADS, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3",
            "GRIJA_DATA": str(folder / "data")}  # fmt: skip


@contextmanager
def _running(
    name: str, kind: str, port: int, folder: Path, commands: list[list[str]], environment: dict[str, str]
) -> Iterator[Server]:
    started = time.perf_counter()
    with ExitStack() as ends:
        processes = []
        for place, command in enumerate(commands):
            log = folder / f"{kind}-{place}.log"
            processes.append(_start(command, environment, log, ends))
        server = Server(name, kind, f"http://127.0.0.1:{port}", processes, started, log)
        watcher = threading.Thread(target=server.watch, daemon=True)
        watcher.start()
        ends.callback(watcher.join)
        ends.callback(server.stop_watching)
        yield server


def _start(command: list[str], environment: dict[str, str], log: Path, ends: ExitStack) -> psutil.Process:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    ends.callback(_end, process)
    return psutil.Process(process.pid)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started (its group), kindly first."""
    for name in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, name)
        except ProcessLookupError:
            break
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _of_all(processes: list[psutil.Process], read: object) -> list[float]:
    assert callable(read)
    values: list[float] = []
    for process in processes:
        try:
            values.append(float(read(process)))
        except psutil.NoSuchProcess:
            continue
    return values
