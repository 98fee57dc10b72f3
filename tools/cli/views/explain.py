"""Why a task or a demand is, or is not, placed."""

from collections.abc import Iterable, Iterator
from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Row
from barter.tools.cli.views import events


def explanation(wire: pb.ExplainResponse) -> dict[str, Any]:
    return {
        "subject": wire.subject,
        "kind": wire.kind,
        "framework_id": wire.framework_id,
        "summary": wire.summary,
        "framework": [_verdict(verdict) for verdict in wire.framework],
        "agents": [
            {
                "agent_id": agent.agent_id,
                "hostname": agent.hostname,
                "fits": all(verdict.passed for verdict in agent.verdicts),
                "verdicts": [_verdict(verdict) for verdict in agent.verdicts],
            }
            for agent in wire.agents
        ],
        "changes": list(wire.changes),
        "history": [events.event(event) for event in wire.history],
    }


def _verdict(wire: pb.Verdict) -> dict[str, Any]:
    return {"filter": wire.filter, "passed": wire.passed, "detail": wire.detail}


def lines(view: Row) -> Iterator[str]:
    """For people: the sentence, every no, what would change it, and what happened so far."""
    yield f"{view['kind']} {view['subject']}: {view['summary']}"
    if view["framework"]:
        yield "\nframework " + view["framework_id"]
        yield from _verdicts(view["framework"])
    for agent in view["agents"]:
        yield f"\nagent {agent['hostname']} ({agent['agent_id']}): {'fits' if agent['fits'] else 'does not fit'}"
        yield from _verdicts(agent["verdicts"])
    if view["changes"]:
        yield "\nwhat would place it"
        yield from (f"  {number}. {change}" for number, change in enumerate(view["changes"], 1))
    if view["history"]:
        yield "\nso far"
        yield from (f"  {events.line(event)}" for event in view["history"])


def _verdicts(verdicts: Iterable[Row]) -> Iterator[str]:
    for verdict in verdicts:
        yield f"  {'yes' if verdict['passed'] else 'NO ':3} {verdict['filter']}: {verdict['detail']}".rstrip(": ")
