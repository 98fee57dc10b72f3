"""What-if questions as they are typed."""

import re
from collections.abc import Iterable

from barter.core.resources import PORTS, parse_resources, resources
from barter.core.roles import RoleConfig, check_role
from barter.master.whatif_answer import MOST_ADDED, NewAgents, Which
from barter.tools.cli.amounts import PARTS, parse_amounts
from barter.tools.cli.kinds import attributes

_TIMES = re.compile(r"\s*(\d{1,9})x\s+")
USUAL_PORTS = ((31_000, 32_000),)
PUBLIC, NONE = "public", "none"


def parse_which(text: str) -> Which:
    """`zone=b`, `zone=b,rack=r1`, or the name of an agent. Raises ValueError."""
    if not text.strip():
        raise ValueError("it is empty: write zone=b, or a hostname or id of an agent")
    return Which(attributes=attributes(text)) if "=" in text else Which(text.strip())


def parse_new_agents(text: str) -> NewAgents:
    """`10x cpus=8,mem=32GiB@zone=c,public`: without `10x` one, without ports the usual ones. Raises ValueError."""
    said, _, more = text.partition("@")
    times = _TIMES.match(said)
    count = int(times[1]) if times else 1
    if not 0 < count <= MOST_ADDED:
        raise ValueError(f"{text!r}: from 1 to {MOST_ADDED} agents can be added")
    found = parse_resources(said[times.end() :] if times else said)
    if not found.scalars:
        raise ValueError(f"{text!r}: an agent has cpus and mem: write 10x cpus=8,mem=32GiB@zone=c")
    if PORTS not in found.ranges:
        found += resources(ports=USUAL_PORTS)
    words = [word.strip() for word in more.split(",") if word.strip()]
    stated = attributes(",".join(word for word in words if word != PUBLIC))
    return NewAgents(count, found, stated, PUBLIC in words)


def parse_quota(text: str) -> RoleConfig:
    """`eng=guarantee:cpus=10,mem=20GiB`, `eng=limit:cpus=40` or `eng=none`. Raises ValueError."""
    role, _, said = text.partition("=")
    part, colon, amounts = said.partition(":")
    check_role(role.strip())
    if said.strip() == NONE:
        return RoleConfig(role.strip())
    if not colon or part.strip() not in PARTS:
        raise ValueError(f"{text!r} is not ROLE=guarantee:AMOUNTS, ROLE=limit:AMOUNTS or ROLE=none")
    said_amounts = parse_amounts(amounts)
    if part.strip() == "limit":
        return RoleConfig(role.strip(), limit=said_amounts)
    return RoleConfig(role.strip(), guarantee=said_amounts)


def merged(quotas: Iterable[RoleConfig]) -> tuple[RoleConfig, ...]:
    """One for each role; raises ValueError where a part is given twice."""
    found: dict[str, RoleConfig] = {}
    for each in quotas:
        known = found.get(each.role)
        if known is not None and (not each.guarantee or known.guarantee) and (not each.limit or known.limit):
            raise ValueError(f"the quota of {each.role} is given twice")
        guarantee, limit = (known.guarantee, known.limit) if known else ({}, {})
        found[each.role] = RoleConfig(
            each.role, guarantee={**guarantee, **each.guarantee}, limit={**limit, **each.limit}
        )
    return tuple(found.values())
