"""`rasa run actions` still works: the package `actions` behind Rasa's own action server, over HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp

from tests.conftest import until
from tests.trained import PROJECT


async def test_the_action_server_of_rasa_runs_our_actions(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rasa", "run", "actions", "--actions", "actions", "--port", str(port),
        cwd=PROJECT,
        env={**os.environ, "GRIJA_DATA": str(tmp_path), "RASA_TELEMETRY_ENABLED": "false"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

            async def healthy() -> bool:
                try:
                    async with session.get("/health") as response:
                        return response.status == 200
                except aiohttp.ClientError:
                    return False

            await until(healthy, seconds=90)
            tracker = {
                "sender_id": "anna", "slots": {"language": "pl"}, "latest_message": {"metadata": {}}, "events": [],
                "latest_event_time": 0, "followup_action": None, "paused": False, "latest_input_channel": "rest",
                "active_loop": {}, "latest_action_name": "action_listen",
            }  # fmt: skip
            call = {
                "next_action": "action_contact_customer_service",
                "sender_id": "anna",
                "tracker": tracker,
                "domain": {},
            }
            async with session.post("/webhook", json=call) as response:
                assert response.status == 200
                answer = await response.json()
        said = answer["responses"][0]
        assert said["response"] == "utter_contact_customer_service"
        assert said["contact"] == "help@grija.example"
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
