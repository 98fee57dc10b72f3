"""A change that is named is enough: made on a cluster as it stands, the next pass places a task."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barter.core import ranges as rng
from barter.core.cluster import AgentInfo, Demand
from barter.core.constraints import HOSTNAME, canonical
from barter.core.ids import AgentId, FrameworkId, ReservationId, VolumeId
from barter.core.resources import NOTHING, Resources, resources
from barter.core.roles import RoleConfig
from barter.core.units import MIB
from barter.master.allocator import AgentSlot, ReservedSlot
from barter.master.allocator.explanation import Change, Kind, NewAgent, Step
from barter.master.allocator.room import UNBOUNDED
from tests.master.allocator_kit import Told, classic, demand, wanting

F = FrameworkId("f")
ROLES = ("eng", "eng/web", "ops")
RUNTIMES = ("process", "docker")
CONSTRAINTS = (
    "zone IS a",
    "zone LIKE [ab]",
    "zone UNLIKE a",
    "zone UNIQUE",
    "zone MAX_PER 1",
    "zone GROUP_BY",
    "zone GROUP_BY 3",
    "zone CLUSTER",
    "rack IS r",
    "@hostname UNIQUE",
    "@hostname UNLIKE h0",
)
REASONS = ("", "", "", "unreachable", "draining until noon", "deactivated: broken disk")


def held(cpus: int, mem: int, ports: int) -> Resources:
    return resources(cpus=cpus * 500, mem=mem * 700 * MIB, ports=((31000, 31000 + ports - 1),) if ports else ())


HELD = st.builds(held, st.integers(0, 6), st.integers(0, 4), st.integers(0, 3))


@st.composite
def slots(draw: st.DrawFn, number: int) -> AgentSlot:
    free, used = draw(HELD), draw(st.integers(0, 2))
    kept = draw(st.sampled_from((0, 0, 0, 500, 1500)))
    reserved: tuple[ReservedSlot, ...] = ()
    if kept:
        part = resources(cpus=kept)
        name = ReservationId(f"r{number}")
        role, left = draw(st.sampled_from(ROLES)), draw(st.sampled_from((part, NOTHING)))
        reserved = (ReservedSlot(name, role, part, left, (VolumeId(f"v{number}"),)),)
    total = Resources({**free.scalars, "cpus": free.scalars.get("cpus", 0) + used * 500 + kept}, free.ranges)
    attributes = {"zone": draw(st.sampled_from("abc")), "rack": draw(st.sampled_from("rs"))}
    runtimes = draw(st.sampled_from((RUNTIMES, RUNTIMES[:1])))
    reason = draw(st.sampled_from(REASONS))
    info = AgentInfo(AgentId(f"a{number}"), f"h{number}", "127.0.0.1", total, attributes, draw(st.booleans()), runtimes)
    revocable = resources(cpus=draw(st.integers(0, 3)) * 500)
    containers = draw(st.sampled_from((UNBOUNDED, UNBOUNDED, 1, 0)))
    return AgentSlot(info, free, not reason, reason, reserved, revocable, containers=containers)


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    constraints = draw(st.lists(st.sampled_from(CONSTRAINTS), max_size=2, unique=True))
    need = Resources(draw(HELD).scalars)
    wanted = demand(
        "web",
        str(need) if need else "",
        draw(st.integers(1, 2)),
        *constraints,
        role=draw(st.sampled_from(ROLES)),
        port_count=draw(st.integers(0, 2)),
        runtime=draw(st.sampled_from(RUNTIMES)),
        on_public=draw(st.booleans()),
    )
    kind = draw(st.integers(0, 7))
    if kind == 0:
        return replace(wanted, revocable=True)
    return replace(wanted, volume=VolumeId("v0")) if kind == 1 else wanted


@st.composite
def clusters(draw: st.DrawFn) -> tuple[Told, Demand, dict[str, RoleConfig]]:
    wanted = draw(demands())
    seeker = wanting("f", wanted)
    seeker = replace(
        seeker,
        suppressed=frozenset({wanted.role} if draw(st.integers(0, 4)) == 0 else ()),
        connected=draw(st.integers(0, 5)) > 0,
        roles=(wanted.role,) if draw(st.integers(0, 5)) else ("other",),
    )
    told = Told(*(draw(slots(number)) for number in range(draw(st.integers(0, 4)))), seeker)
    told.tell(replace(classic("g", "eng", used=f"cpus={draw(st.integers(0, 3))}"), connected=False))
    configs = dict[str, RoleConfig]()
    if draw(st.booleans()):
        configs["eng"] = RoleConfig("eng", limit={"cpus": draw(st.integers(0, 8)) * 500})
    if draw(st.integers(0, 3)) == 0:
        configs["eng/web"] = RoleConfig("eng/web", limit={"mem": draw(st.integers(0, 3)) * 700 * MIB})
    if draw(st.booleans()):
        configs["vip"] = RoleConfig("vip", guarantee={"cpus": draw(st.integers(0, 12)) * 500})
    told.allocator.set_roles(configs)
    for agent_id in told.slots:
        if placed := draw(st.sampled_from((0, 0, 1))):
            told.allocator.placed(F, wanted.demand_id, agent_id, placed)
        if draw(st.integers(0, 3)) == 0:
            told.allocator.refuse(F, agent_id, told.slots[agent_id].free, draw(st.integers(1, 9)) * 1000)
    return told, wanted, configs


def apply(told: Told, wanted: Demand, configs: dict[str, RoleConfig], change: Change, now: int = 0) -> int:
    """Make the change; returns what time it is then."""
    seeker = told.seekers[F]
    for step in change.steps:
        match step.kind:
            case Kind.START:
                seeker = replace(seeker, connected=True)
            case Kind.REVIVE:
                seeker = replace(seeker, suppressed=frozenset())
                told.allocator.clear_refusals(F)
            case Kind.SUBSCRIBE:
                seeker = replace(seeker, roles=(*seeker.roles, step.role))
            case Kind.WAIT:
                now = max(now, step.until_ms)
            case Kind.ACTIVATE | Kind.RETURN:
                told.tell(replace(told.slots[step.agent_id], active=True, reason_inactive=""))
            case Kind.RUNTIME:
                known = told.slots[step.agent_id]
                told.tell(replace(known, info=replace(known.info, runtimes=RUNTIMES)))
            case Kind.CONTAINERS:
                told.tell(replace(told.slots[step.agent_id], containers=1))
            case Kind.LIMIT:
                before = configs[step.role]
                configs[step.role] = replace(before, limit={**before.limit, step.resource: step.amount})
            case Kind.GUARANTEE:
                before = configs[step.role]
                configs[step.role] = replace(before, guarantee={**before.guarantee, step.resource: step.amount})
            case Kind.ADD:
                assert change.agent is not None
                told.tell(added(change.agent))
    told.allocator.set_roles(dict(configs))
    if change.demand is not None:
        wanted = change.demand
    told.tell(replace(seeker, demands=(wanted,)))
    return now


def added(agent: NewAgent) -> AgentSlot:
    attributes = {canonical(field): value(field, agent) for field, _ in agent.attributes}
    hostname = attributes.pop(HOSTNAME, "new-host")
    ports = rng.of_numbers(range(32000, 32000 + agent.ports))
    total = agent.resources + (Resources({}, {"ports": ports}) if ports else NOTHING)
    info = AgentInfo(AgentId("new"), hostname, "127.0.0.1", total, attributes, agent.public, (agent.runtime,))
    return AgentSlot(info, total, True)


def value(field: str, agent: NewAgent) -> str:
    """One that satisfies all that is said of the field."""
    said = [text for each, text in agent.attributes if each == field]
    choices = ("a", "b", "c", "new", "r", "new-host")
    for choice in choices:
        if all(satisfies(choice, text) for text in said):
            return choice
    raise AssertionError(f"nothing satisfies {said}")


def satisfies(choice: str, text: str) -> bool:
    if text.startswith("@hostname") and choice != "new-host":
        return False
    if "=" in text:
        return choice in text.partition("=")[2].split(" or ")
    if "other than" in text:
        return choice not in text.partition("other than ")[2].split(" or ")
    if text.startswith("no "):
        return choice not in ("a", "h0")
    if " like " in text:
        return choice in "ab"
    return choice != "r"


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(st.data())
def test_every_change_that_is_named_is_enough(data: st.DataObject) -> None:
    told, wanted, configs = data.draw(clusters())
    explanation = told.allocator.explain(F, wanted, 0)
    if explanation.fitting and not explanation.in_the_way:
        assert explanation.changes == ()
        assert any(grant.demand_id == "web" for grant in told.allocator.allocate(0))
        return
    assert not any(grant.demand_id == "web" for grant in told.allocator.allocate(0))
    if not explanation.changes:
        return
    change = data.draw(st.sampled_from(explanation.changes))
    if change.agent is None and change.steps[-1].kind is Kind.ADD:
        assert wanted.revocable
        return
    now = apply(told, wanted, configs, change)
    assert any(grant.demand_id == "web" for grant in told.allocator.allocate(now)), change


def test_changes_are_in_order() -> None:
    step = Step(Kind.SHRINK, "a")
    assert Change((step, replace(step, text="b"), replace(step, text="c"))).text == "a, b, and c"
