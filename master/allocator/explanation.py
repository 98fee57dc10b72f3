"""Why a demand is or is not placed, as a value: the chain, agents grouped and counted, and what would place it."""

from dataclasses import dataclass
from enum import StrEnum

from barter.core.cluster import Demand
from barter.core.ids import AgentId
from barter.core.resources import Resources

EXAMPLES, FINDINGS, GROUPS = 3, 6, 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one filter says, and what it compared."""

    filter: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class AgentVerdicts:
    agent_id: AgentId
    hostname: str
    verdicts: tuple[Verdict, ...]

    @property
    def fits(self) -> bool:
        return all(verdict.passed for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class LimitStanding:
    """A limit in the lineage of a demand's role; `wanted` is what one task takes. It `binds` where it has the least
    left of all that have too little."""

    role: str
    resource: str
    consumed: int
    limit: int
    wanted: int
    binds: bool = False

    @property
    def left(self) -> int:
        return max(self.limit - self.consumed, 0)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """So much that is free is kept for a role under its guarantee."""

    role: str
    resource: str
    amount: int


@dataclass(frozen=True, slots=True)
class ShareLevel:
    """A level of the tree of roles: at `place` of `among` in line, behind those named in `before` (some of them).

    `name` is a role, or the framework at the last level; `share` is before it is divided by the weight.
    """

    name: str
    share: float
    weight_milli: int
    place: int
    among: int
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a filter found, on so many of the agents that it says no to."""

    found: str
    agents: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A filter, how many agents it says no to, and to how many it does so `alone`; the commonest findings first."""

    filter: str
    agents: int
    alone: int
    findings: tuple[Finding, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentGroup:
    """Agents to which the same filters say no; none of them: they fit. `examples` are hostnames."""

    failing: tuple[str, ...]
    agents: int
    examples: tuple[str, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class LargestPiece:
    """The agent that has the largest part of one task free, of the kinds that a task wants.

    `allowed`: of the agents that everything but resources allows; else of all that are active. `source` names the
    reservation it is in, or is `revocable`, or empty.
    """

    agent_id: AgentId
    hostname: str
    free: Resources
    ports: int
    source: str
    allowed: bool


class Kind(StrEnum):
    WAIT = "wait"
    START = "start"
    REVIVE = "revive"
    SUBSCRIBE = "subscribe"
    SHRINK = "shrink"
    RELAX = "relax"
    DROP = "drop"
    ACTIVATE = "activate"
    RETURN = "return"
    RUNTIME = "runtime"
    CONTAINERS = "containers"
    LIMIT = "limit"
    GUARANTEE = "guarantee"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class Step:
    """`rank` orders kinds, `cost` (thousandths of what is wanted, or ms) what is of one kind.

    `amount` is of `resource`: what `role`'s limit or guarantee is to be. `until_ms` is when waiting ends.
    """

    kind: Kind
    text: str
    rank: int = 0
    cost: int = 0
    agent_id: AgentId = AgentId("")
    role: str = ""
    resource: str = ""
    amount: int = 0
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class NewAgent:
    """One more agent that would do: `attributes` are requirements in words, by field."""

    public: bool
    runtime: str
    attributes: tuple[tuple[str, str], ...]
    resources: Resources
    ports: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """All of the steps together place one task. `demand` is as it would fit, where it is to be changed."""

    steps: tuple[Step, ...]
    demand: Demand | None = None
    agent: NewAgent | None = None

    @property
    def text(self) -> str:
        *others, last = (step.text for step in self.steps)
        return f"{', '.join(others)}, and {last}" if others else last


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of the framework and its role: `chain`, in the order in which it is asked. Of agents: by filter, by group and, if
    asked for, one by one. `impossible` says why no agent here could ever take it. `changes`: the smallest first."""

    chain: tuple[Verdict, ...] = ()
    limits: tuple[LimitStanding, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    shares: tuple[ShareLevel, ...] = ()
    known: int = 0
    fitting: int = 0
    impossible: str = ""
    reasons: tuple[Reason, ...] = ()
    groups: tuple[AgentGroup, ...] = ()
    largest: tuple[LargestPiece, ...] = ()
    changes: tuple[Change, ...] = ()
    agents: tuple[AgentVerdicts, ...] = ()

    @property
    def in_the_way(self) -> Verdict | None:
        """The first of the chain that says no to all that could be offered."""
        return next((each for each in self.chain if not each.passed), None)
