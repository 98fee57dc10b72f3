"""Why a task or a demand is, or is not, placed: on the wire."""

from collections.abc import Iterable

from barter.core.resources import Resources
from barter.master.allocator.explanation import (
    AgentGroup,
    AgentVerdicts,
    Change,
    HeldBack,
    LargestPiece,
    LimitStanding,
    Reason,
    ShareLevel,
    Step,
    Verdict,
)
from barter.master.shell.wire_operator import LARGEST, entry_to_wire
from barter.master.why import Why
from barter.proto import codec
from barter.proto.v1 import operator_pb2 as pb


def why_to_wire(value: Why) -> pb.ExplainResponse:
    explanation = value.explanation
    return pb.ExplainResponse(
        subject=value.subject,
        kind=value.kind,
        framework_id=value.framework_id,
        summary=value.summary,
        framework=_verdicts((*explanation.chain, *value.besides)),
        agents=map(_agent, explanation.agents),
        changes=[change.text for change in explanation.changes],
        history=map(entry_to_wire, value.history),
        waiting_since_ms=value.waiting_since_ms,
        limits=map(_limit, explanation.limits),
        held_back=map(_held_back, explanation.held_back),
        shares=map(_share, explanation.shares),
        states=[
            pb.AgentState(state=each.state, agents=each.agents, until_ms=each.until_ms, examples=each.examples)
            for each in value.states
        ],
        agents_known=explanation.known,
        agents_fitting=explanation.fitting,
        impossible=explanation.impossible,
        reasons=map(_reason, explanation.reasons),
        groups=map(_group, explanation.groups),
        largest=map(_piece, explanation.largest),
        change_details=map(_change, explanation.changes),
    )


def _verdicts(values: Iterable[Verdict]) -> list[pb.Verdict]:
    return [pb.Verdict(filter=one.filter, passed=one.passed, detail=one.detail) for one in values]


def _agent(value: AgentVerdicts) -> pb.AgentVerdicts:
    return pb.AgentVerdicts(agent_id=value.agent_id, hostname=value.hostname, verdicts=_verdicts(value.verdicts))


def _limit(value: LimitStanding) -> pb.LimitStanding:
    return pb.LimitStanding(
        role=value.role,
        resource=value.resource,
        consumed=_fitting(value.consumed),
        limit=_fitting(value.limit),
        left=_fitting(value.left),
        wanted=_fitting(value.wanted),
        binds=value.binds,
    )


def _held_back(value: HeldBack) -> pb.HeldBack:
    return pb.HeldBack(role=value.role, resource=value.resource, amount=_fitting(value.amount))


def _share(value: ShareLevel) -> pb.ShareLevel:
    return pb.ShareLevel(
        name=value.name,
        share_milli=min(round(value.share * 1000), LARGEST),
        weight_milli=value.weight_milli,
        place=value.place,
        among=value.among,
        before=value.before,
    )


def _reason(value: Reason) -> pb.ExplainReason:
    return pb.ExplainReason(
        filter=value.filter,
        agents=value.agents,
        alone=value.alone,
        findings=[pb.Finding(found=each.found, agents=each.agents) for each in value.findings],
        examples=value.examples,
    )


def _group(value: AgentGroup) -> pb.AgentGroup:
    return pb.AgentGroup(
        failing=value.failing, agents=value.agents, examples=value.examples, verdicts=_verdicts(value.verdicts)
    )


def _piece(value: LargestPiece) -> pb.LargestPiece:
    held = {name: _fitting(amount) for name, amount in value.free.scalars.items()}
    return pb.LargestPiece(
        agent_id=value.agent_id,
        hostname=value.hostname,
        free=codec.resources_to_wire(Resources(held)),
        ports=value.ports,
        source=value.source,
        allowed=value.allowed,
    )


def _change(value: Change) -> pb.ExplainChange:
    demand = None if value.demand is None else codec.demand_to_wire(value.demand)
    return pb.ExplainChange(text=value.text, steps=map(_step, value.steps), demand=demand)


def _step(value: Step) -> pb.ChangeStep:
    return pb.ChangeStep(
        kind=value.kind,
        text=value.text,
        agent_id=value.agent_id,
        role=value.role,
        resource=value.resource,
        amount=_fitting(value.amount),
        until_ms=value.until_ms,
    )


def _fitting(amount: int) -> int:
    return min(amount, LARGEST)
