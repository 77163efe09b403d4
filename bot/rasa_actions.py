"""Custom actions in this process: the contract of Rasa's action server without the server.

Rasa calls an action endpoint with one method, `request`. Ours hands the body to the SDK's executor. What HTTP
gives is kept: the action gets a copy made by JSON (it cannot change Rasa's tracker), a rejected form is
answered 400, an unknown action 404.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bot.rasa_environment import importing

with importing():
    from rasa.utils.endpoints import ClientResponseError, EndpointConfig
    from rasa_sdk.executor import ActionExecutor
    from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException


@dataclass(frozen=True)
class ActionFailure:
    """An action that raised, and what."""

    action: str
    error: Exception


class InProcessActions(EndpointConfig):  # type: ignore[misc]
    """Runs the package `actions`. `failures` holds what raised, by sender, until somebody takes it."""

    def __init__(self, package: str = "actions") -> None:
        super().__init__(url="in-process")
        self.failures: dict[str, ActionFailure] = {}
        self._executor = ActionExecutor()
        self._executor.register_package(package)
        self._domain: dict[str, Any] | None = None

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Run one action call. Raises Rasa's ClientResponseError exactly where a server would make it."""
        call = self._copy(kwargs["json"])
        name = call.get("next_action", "")
        try:
            return _well_formed(json.loads(json.dumps(await self._executor.run(call))))
        except ActionExecutionRejection as rejection:
            raise _answer(400, str(rejection), rejection.action_name) from rejection
        except ActionNotFoundException as missing:
            self.failures[call["sender_id"]] = ActionFailure(name, missing)
            raise _answer(404, f"there is no action {name}", name) from missing
        except Exception as error:
            self.failures[call["sender_id"]] = ActionFailure(name, error)
            raise _answer(500, repr(error), name) from error

    def _copy(self, body: dict[str, Any]) -> dict[str, Any]:
        # The domain is by far the largest part and the same in every call of a model: copied once.
        if self._domain is None:
            self._domain = json.loads(json.dumps(body.get("domain") or {}))
        call: dict[str, Any] = json.loads(json.dumps({key: body[key] for key in body if key != "domain"}))
        call["domain"] = self._domain
        return call


def _well_formed(result: Any) -> dict[str, Any]:
    """The answer of an action, if it is one; ValueError if not."""
    if not isinstance(result, dict):
        raise ValueError("an action must answer with an object")
    for key, needed in (("events", "event"), ("responses", None)):
        parts = result.get(key, [])
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise ValueError(f"{key} of an action's answer must be a list of objects")
        if needed and not all(isinstance(part.get(needed), str) for part in parts):
            raise ValueError(f"each of {key} in an action's answer must name its {needed}")
    return result


def _answer(status: int, message: str, action: str) -> ClientResponseError:
    return ClientResponseError(status, message, json.dumps({"error": message, "action_name": action}))
