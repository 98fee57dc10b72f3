"""One pass: what roles lack of their guarantees, then the rest by fair share; in both demands before classic offers."""

from barter.core.ids import AgentId
from barter.master.allocator.classic import Classic
from barter.master.allocator.demands import Demands
from barter.master.allocator.index import Index
from barter.master.allocator.model import Grant
from barter.master.allocator.quota import Quota
from barter.master.allocator.rooms import Rooms


def run_pass(index: Index, now: int) -> list[Grant]:
    """Grants for everything that changed since the last pass, which are booked; forgets the changes."""
    index.tree.refresh()
    quota, rooms = Quota(index.tree, index.free), Rooms(index)
    demands = Demands(index, rooms, quota, now)
    classic = Classic(index, quota, now)
    agents = _agents_for_classic(index)
    if index.tree.kinds:
        demands.serve(guaranteed=True)
        _book(index, rooms)
        classic.serve(agents, guaranteed=True)
    demands.serve(guaranteed=False)
    _book(index, rooms)
    classic.serve(agents, guaranteed=False)
    demands.settle()
    index.withheld = classic.withheld or (index.withheld and not agents)
    index.grown = index.changes.agents if index.wishes.stuck else set()
    index.changes = type(index.changes)()
    return [*demands.grants(), *classic.grants]


def _book(index: Index, rooms: Rooms) -> None:
    """Between the halves nobody holds a room: what was taken is what the agents have no more."""
    for room in rooms.taken.values():
        index.book(room.left())
    rooms.taken.clear()


def _agents_for_classic(index: Index) -> list[AgentId]:
    """Those that may be offered to somebody now and could not before, by id; with announced maintenance last."""
    root, changes = index.tree.root, index.changes
    if not (root.private or root.public):
        return []
    takers = [each for each in changes.seekers if (seeker := index.seekers.get(each)) and not seeker.demands_only]
    if takers or (index.withheld and (changes.less_used or changes.agents)):
        found = index.open
    else:
        found = changes.agents.union(*changes.pairs.values()) & index.open
    leaving = found & index.catalog.leaving
    return [*sorted(found - leaving), *sorted(leaving)] if leaving else sorted(found)
