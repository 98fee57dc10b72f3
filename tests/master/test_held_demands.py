"""A demand that a quota holds back is looked at again once the quota has room, whatever happened meanwhile."""

from dataclasses import replace

from barter.core.ids import AgentId
from barter.core.resources import parse_resources
from barter.core.roles import RoleConfig
from tests.master.allocator_kit import Told, classic, demand, slot, wanting

LIMITED = {"eng": RoleConfig("eng", limit={"cpus": 1000})}


def test_the_refusal_of_an_agent_that_does_not_fit_ends_meanwhile() -> None:
    waits = wanting("f", demand(needs="cpus=1,mem=1GiB", role="eng"))
    other = replace(classic("g", "eng", used="cpus=1"), demands_only=True)
    told = Told(slot("a1"), slot("a2", free="cpus=1"), waits, other)
    told.allocator.set_roles(LIMITED)
    assert told.given() == {}
    told.allocator.refuse(waits.framework_id, AgentId("a2"), parse_resources("cpus=2"), 10)
    assert told.given(now=20) == {}
    told.tell(replace(other, used={}))
    assert told.given() == {("f", "a1"): 1}
