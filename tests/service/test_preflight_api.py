"""The proof and the forecast over real HTTP; the master that is asked for its agents answers from a table."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId
from barter.core.resources import resources
from barter.core.units import GIB
from barter.frameworks.service.shell.facts import Facts
from barter.proto import codec
from barter.proto.v1 import operator_pb2 as pb
from barter.shell.transport import channel
from tests.service.http_face import WEB, Face
from tests.service.http_face import serving as serving_api
from tests.tools.stubs import StubMaster, serving

AGENTS = [
    AgentInfo(AgentId(name), name, "127.0.0.1", resources(cpus=2_000, mem=4 * GIB, ports=((31000, 31999),)))
    for name in ("a1", "a2")
]
UNIQUE = {**WEB, "instances": 3, "constraints": [["@hostname", "UNIQUE"]]}


def against(agents: list[AgentInfo] | None, story: Callable[[Face], Awaitable[None]]) -> None:
    views = [pb.AgentView(agent=codec.agent_to_wire(each), state="active") for each in agents or ()]
    stub = StubMaster({"ListAgents": pb.ListAgentsResponse(agents=views), "ListRoles": pb.ListRolesResponse()})

    async def run(address: str) -> None:
        connection = channel(address) if agents is not None else None
        facts = Facts(lambda: connection, lambda: 60_000)
        async with serving_api(facts=facts) as face:
            await story(face)
        if connection is not None:
            await connection.close(None)

    with serving(stub) as address:
        asyncio.run(run(address))


def refused(reply: tuple[int, Any]) -> dict[str, str]:
    status, body = reply
    assert status == 422, body
    return {each["path"]: each["errors"][0] for each in body["details"]}


def test_what_can_never_be_finished_is_refused_with_the_arithmetic_or_forced() -> None:
    async def story(face: Face) -> None:
        said = refused(await face.call("POST", "/v2/apps", UNIQUE))
        assert "needs 3 agents with different @hostname, the 2 agents allow 2" in said["/constraints(0)"]
        assert "force=true" in said["/constraints(0)"]
        assert (await face.call("GET", "/v2/apps"))[1]["apps"] == []
        assert (
            "the largest, a1, has 2"
            in refused(await face.call("PUT", "/v2/apps/big", {**WEB, "id": "/big", "cpus": 4}))["/cpus"]
        )
        assert (await face.call("POST", "/v2/apps?force=true", UNIQUE))[0] == 201
        assert (await face.call("POST", "/v2/apps", {**WEB, "id": "/small"}))[0] == 201
        group = {"id": "/g", "apps": [{**UNIQUE, "id": "one"}, {**WEB, "id": "two"}]}
        assert list(refused(await face.call("POST", "/v2/groups", group))) == ["/g/one/constraints(0)"]

    against(AGENTS, story)


def test_a_master_that_cannot_be_asked_stands_in_nobodys_way() -> None:
    async def story(face: Face) -> None:
        status, told = await face.call("POST", "/v2/apps?dryRun=true", UNIQUE)
        assert (status, told["unproved"], told["impossible"]) == (200, "no master is connected", [])
        assert (await face.call("POST", "/v2/apps", UNIQUE))[0] == 201

    against(None, story)


def test_a_dry_run_tells_and_changes_nothing() -> None:
    async def story(face: Face) -> None:
        status, told = await face.call("POST", "/v2/apps?dryRun=true", UNIQUE)
        assert status == 200
        assert [each["path"] for each in told["impossible"]] == ["/constraints/0"]
        assert told["forecast"]["apps"][0]["instances"] == {"before": 0, "after": 3}
        assert (await face.call("GET", "/v2/apps"))[1]["apps"] == []
        await face.call("POST", "/v2/apps", WEB)
        before = await face.settled()
        status, told = await face.call("PUT", "/v2/apps/web?dryRun=true", {"cmd": "other"})
        [step] = told["steps"]
        assert step["actions"] == [{"action": "RestartApplication", "app": "/web"}]
        assert (told["forecast"]["extraInstances"], told["forecast"]["fewestReady"]) == (2, 2)
        assert (await face.call("DELETE", "/v2/groups/?dryRun=true"))[1]["steps"][0]["actions"][0]["app"] == "/web"
        assert (await face.call("DELETE", "/v2/apps/web?dryRun=true"))[1]["forecast"]["fewestReady"] == 0
        assert await face.settled() == before
        assert (await face.call("POST", "/v2/apps?dryRun=true", WEB))[0] == 409

    against(AGENTS, story)


def test_a_dry_run_of_going_back_leaves_the_deployment_be() -> None:
    async def story(face: Face) -> None:
        face.script.stuck = True
        await face.call("POST", "/v2/apps?force=true", UNIQUE)
        _, (deployment,) = await face.call("GET", "/v2/deployments")
        path = f"/v2/deployments/{deployment['id']}?dryRun=true"
        status, told = await face.call("DELETE", path)
        assert (status, told["steps"]) == (200, [{"actions": [{"action": "StopApplication", "app": "/web"}]}])
        assert told["changes"] == [{"id": "/web", "gone": True}]
        assert (await face.call("DELETE", f"{path}&force=true"))[1]["steps"] == []
        assert (await face.call("DELETE", "/v2/deployments/none?dryRun=true"))[0] == 404
        assert [each["id"] for each in (await face.call("GET", "/v2/deployments"))[1]] == [deployment["id"]]

    against(AGENTS, story)
