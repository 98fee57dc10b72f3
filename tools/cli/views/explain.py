"""Why a task or a demand is, or is not, placed: as plain data."""

from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.views import events, resources


def explanation(wire: pb.ExplainResponse) -> dict[str, Any]:
    return {
        "subject": wire.subject,
        "kind": wire.kind,
        "framework_id": wire.framework_id,
        "summary": wire.summary,
        "waiting_since_ms": wire.waiting_since_ms,
        "impossible": wire.impossible,
        "framework": [_verdict(verdict) for verdict in wire.framework],
        "limits": [_limit(limit) for limit in wire.limits],
        "held_back": [{"role": held.role, "resource": held.resource, "amount": held.amount} for held in wire.held_back],
        "shares": [_share(level) for level in wire.shares],
        "agents_known": wire.agents_known,
        "agents_fitting": wire.agents_fitting,
        "states": [_state(state) for state in wire.states],
        "reasons": [_reason(reason) for reason in wire.reasons],
        "groups": [_group(group) for group in wire.groups],
        "largest": [_piece(piece) for piece in wire.largest],
        "agents": [_agent(agent) for agent in wire.agents],
        "changes": list(wire.changes),
        "change_details": [_change(change) for change in wire.change_details],
        "history": [events.event(event) for event in wire.history],
    }


def _verdict(wire: pb.Verdict) -> dict[str, Any]:
    return {"filter": wire.filter, "passed": wire.passed, "detail": wire.detail}


def _limit(wire: pb.LimitStanding) -> dict[str, Any]:
    return {
        "role": wire.role,
        "resource": wire.resource,
        "consumed": wire.consumed,
        "limit": wire.limit,
        "left": wire.left,
        "wanted": wire.wanted,
        "binds": wire.binds,
    }


def _share(wire: pb.ShareLevel) -> dict[str, Any]:
    return {
        "name": wire.name,
        "share": wire.share_milli / 1000,
        "weight": wire.weight_milli / 1000,
        "place": wire.place,
        "among": wire.among,
        "before": list(wire.before),
    }


def _state(wire: pb.AgentState) -> dict[str, Any]:
    return {
        "state": wire.state,
        "agents": wire.agents,
        "until_ms": wire.until_ms,
        "examples": list(wire.examples),
    }


def _reason(wire: pb.ExplainReason) -> dict[str, Any]:
    return {
        "filter": wire.filter,
        "agents": wire.agents,
        "alone": wire.alone,
        "findings": [{"found": finding.found, "agents": finding.agents} for finding in wire.findings],
        "examples": list(wire.examples),
    }


def _group(wire: pb.AgentGroup) -> dict[str, Any]:
    return {
        "failing": list(wire.failing),
        "fits": not wire.failing,
        "agents": wire.agents,
        "examples": list(wire.examples),
        "verdicts": [_verdict(verdict) for verdict in wire.verdicts],
    }


def _piece(wire: pb.LargestPiece) -> dict[str, Any]:
    return {
        "agent_id": wire.agent_id,
        "hostname": wire.hostname,
        "free": resources.resources(wire.free),
        "ports": wire.ports,
        "source": wire.source,
        "allowed": wire.allowed,
    }


def _agent(wire: pb.AgentVerdicts) -> dict[str, Any]:
    return {
        "agent_id": wire.agent_id,
        "hostname": wire.hostname,
        "fits": all(verdict.passed for verdict in wire.verdicts),
        "verdicts": [_verdict(verdict) for verdict in wire.verdicts],
    }


def _change(wire: pb.ExplainChange) -> dict[str, Any]:
    demand = {"resources": resources.resources(wire.demand.resources), "port_count": wire.demand.port_count}
    return {
        "text": wire.text,
        "steps": [
            {
                "kind": step.kind,
                "text": step.text,
                "agent_id": step.agent_id,
                "role": step.role,
                "resource": step.resource,
                "amount": step.amount,
                "until_ms": step.until_ms,
            }
            for step in wire.steps
        ],
        "demand": demand if wire.HasField("demand") else None,
    }
