"""Conversations with the REST face, word for word. Rewrite them on purpose with BARTER_GOLDEN=rewrite."""

import json
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.service.http_face import Face, over_http

GOLDEN = Path(__file__).parent.parent / "golden" / "api"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WEB = {"id": "/web", "cmd": "serve", "cpus": 0.1, "mem": 32, "instances": 2, "labels": {"tier": "front"}}


class Talk:
    """What was said, with moments and deployments named in the order in which they came up."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._names: dict[str, str] = {}
        self.lines: list[str] = []

    async def say(self, method: str, path: str, body: Any = None) -> Any:
        reply = await self._face.client.request(method, path, json=body)
        self.lines.append(f"{method} {self._named(path)}{'' if body is None else ' ' + json.dumps(body)}")
        headers = [f"  {name}: {reply.headers[name]}" for name in ("Location", "Marathon-Deployment-Id", "Allow")
                   if name in reply.headers]  # fmt: skip
        shown = json.dumps(reply.json(), indent=2, sort_keys=True) if reply.content else ""
        text = "\n".join((f"  {reply.status_code}", *headers, *(f"  {line}" for line in shown.splitlines())))
        self.lines += [self._named(text), ""]
        return reply.json() if reply.content else None

    async def rest(self) -> None:
        await self._face.until("/v2/deployments", lambda got: got == [])

    def _named(self, text: str) -> str:
        text = _UUID.sub(lambda match: self._name(match[0], "deployment"), text)
        return _MOMENT.sub("MOMENT", text)

    def _name(self, text: str, kind: str) -> str:
        return self._names.setdefault(text, f"{kind}-{len(self._names) + 1}")


async def an_app(talk: Talk, face: Face) -> None:
    await talk.say("POST", "/v2/apps", WEB)
    await talk.rest()
    await talk.say("GET", "/v2/apps?label=tier==front&embed=apps.tasks")
    await talk.say("PUT", "/v2/apps/web", {"instances": 3})
    await talk.rest()
    await talk.say("DELETE", "/v2/apps/web/tasks/web.instance-1-1?scale=true")
    await talk.rest()
    await talk.say("GET", "/v2/apps/web/tasks")
    await talk.say("POST", "/v2/apps/web/restart")
    await talk.rest()
    await talk.say("DELETE", "/v2/apps/web")
    await talk.rest()
    await talk.say("GET", "/v2/apps/web")


async def a_group(talk: Talk, face: Face) -> None:
    db = {"id": "db", "cmd": "store", "cpus": 0.1, "mem": 32}
    web = {"id": "web", "cmd": "serve", "cpus": 0.1, "mem": 32, "dependencies": ["../back/db"]}
    face.script.stuck = True
    await talk.say("POST", "/v2/groups", {"id": "/shop", "groups": [{"id": "back", "apps": [db]},
                                                                  {"id": "front", "apps": [web]}]})  # fmt: skip
    await talk.say("GET", "/v2/deployments")
    await talk.say("PUT", "/v2/groups/shop", {"scaleBy": 2})
    await talk.say("DELETE", "/v2/groups/shop?force=true")
    await talk.rest()
    await talk.say("GET", "/v2/groups")


async def what_is_wrong(talk: Talk, face: Face) -> None:
    await talk.say(
        "POST", "/v2/apps", {"id": "/Web", "cmd": "x", "cpus": -1, "upgradeStrategy": {"minimumHealthCapacity": 2}}
    )
    await talk.say("POST", "/v2/apps", ["no app"])
    await talk.say("PUT", "/v2/groups/shop", {"apps": [{"id": "/app", "cmd": "x"}]})
    await talk.say("GET", "/v2/apps/not_existent")
    await talk.say("DELETE", "/v2/deployments/unknown_deployment")
    await talk.say("POST", "/v2/tasks/delete", {"ids": ["not_known"]})
    await talk.say("PUT", "/v2/tasks")
    await talk.say("GET", "/v2/no/such/path")


@pytest.mark.parametrize("story", [an_app, a_group, what_is_wrong], ids=lambda story: str(story.__name__))
def test_conversation(story: Callable[[Talk, Face], Awaitable[None]]) -> None:
    async def run(face: Face) -> None:
        talk = Talk(face)
        await story(talk, face)
        kept, text = GOLDEN / f"{story.__name__}.txt", "\n".join(talk.lines)
        if os.environ.get("BARTER_GOLDEN") == "rewrite":
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(text)
        assert text == kept.read_text()

    over_http(run)
