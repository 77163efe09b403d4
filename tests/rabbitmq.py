"""A real RabbitMQ broker on a free port, with everything it writes in one folder, that can be killed and comes back."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.conftest import until
from tests.crash_bench import free_port

# Debian's command of the same name on the path only runs as the user rabbitmq.
_PLACES = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
_ERLANG = "+S 1:1 +sbwt none +A 8 -kernel inet_dist_use_interface {127,0,0,1}"
_BOOT_SECONDS = 150


def installed() -> str | None:
    """The command that runs a broker in the foreground, None if there is none."""
    found = (shutil.which(place) for place in _PLACES)
    return next((command for command in found if command and shutil.which("epmd")), None)


class Broker:
    """A broker without plugins; a killed one keeps its port and its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._epmd_port = free_port(), free_port()
        self._broker: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None

    def url(self, exchange: str) -> str:
        """The address of an exchange, as in GRIJA_SIGNAL_SINKS."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/{exchange}"

    async def start(self) -> None:
        """Boot and wait until the broker takes connections."""
        self._boot()
        await until(self._answers, seconds=_BOOT_SECONDS)

    async def kill(self) -> None:
        """Kill the broker with SIGKILL; what it had not yet written to the disk is lost."""
        assert self._broker is not None
        os.killpg(self._broker.pid, signal.SIGKILL)
        await asyncio.to_thread(self._broker.wait)
        self._broker = None

    async def close(self) -> None:
        """Leave no process behind."""
        if self._broker is not None:
            await self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            await asyncio.to_thread(self._epmd.wait)

    def _boot(self) -> None:
        folder, command = self._folder, installed()
        assert command is not None
        (folder / "plugins").write_text("[].")
        (folder / "rabbitmq.conf").write_text("log.console.level = error\nloopback_users.guest = true\n")
        log = (folder / "log").open("ab")
        if self._epmd is None:
            # Erlang would start one of its own, which would outlive us.
            self._epmd = subprocess.Popen(
                ["epmd", "-address", "127.0.0.1", "-port", str(self._epmd_port)], stdout=log, stderr=log
            )
        self._broker = subprocess.Popen(
            [command], env=self._environment(), stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    async def _answers(self) -> bool:
        assert self._broker is not None
        assert self._broker.poll() is None, (self._folder / "log").read_text(errors="replace")[-2000:]
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    def _environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "RABBITMQ_NODENAME": "grija@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/logs",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
