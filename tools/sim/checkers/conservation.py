"""Resources are neither made nor lost in the master's books."""

from collections.abc import Sequence

from barter.core.resources import Resources
from barter.master import actions as act
from barter.master import events as ev
from barter.master.state import Agent
from barter.tools.sim.checkers.books import Books, Listed, owned
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.holding import Holding
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.master import SimMaster


class Conservation(Checker):
    """Of each agent, whatever happened: what its listed tasks hold is what counts as used, what its listed open offers
    hold is what counts as offered, and with its volumes, what of its reservations is in none of these, and what is free
    they make up what it has, no more and no less. What is revocable is in none of them.

    At the end the sums by framework and over the cluster agree with them too. What an agent really runs may be more
    than its books say while tasks of a removed framework end: that is the agent's own to refuse (admission).
    """

    name = "conservation"

    def __init__(self, books: Books) -> None:
        super().__init__()
        self._books = books

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for listed in self._books.changed(master, events):
            free = listed.agent.free
            held = listed.used.with_all_of(listed.offered)
            if listed.reservations:
                held.add(_kept(listed))
            twice = held.shared(free)
            held.add(free)
            if twice or not held.equals(listed.agent.info.resources):
                self._judge(listed)

    def at_end(self, cluster: SimCluster) -> None:
        books = cluster.master.machine.cluster
        used, offered = Holding(), Holding()
        for agent in books.agents.values():
            listed = Listed(agent)
            listed.follow()
            self._judge(listed)
            used.add(listed.used.value())
            offered.add(listed.offered.value())
        for framework in books.frameworks.values():
            held = Holding()
            for task in framework.tasks.values():
                held.add(owned(task.info))
            self._same(f"used by framework {framework.framework_id}", framework.used.value.scalars, held)
        self._same("used in the cluster", books.used.value.scalars, used)
        self._same("offered in the cluster", books.offered.value.scalars, offered)

    def _judge(self, listed: Listed) -> None:
        agent = listed.agent
        where = f"agent {agent.info.agent_id}"
        self._equal(agent, "used", agent.used.value, listed.used)
        self._equal(agent, "offered", agent.offered.value, listed.offered)
        together = Holding()
        together.add(agent.used.value)
        together.add(agent.offered.value)
        if listed.reservations:
            together.add(_kept(listed))
        if beyond := together.beyond(agent.info.resources):
            self.fail(f"{where}: its tasks, offers and reservations hold more than it has: {beyond}")
        free = agent.free
        twice = together.shared(free)
        together.add(free)
        if twice:
            self.fail(f"{where}: {twice} is free, and used or offered")
        if not together.equals(agent.info.resources):
            what = "used, offered, reserved and free"
            self.fail(f"{where}: {what} are {together.value()}, it has {agent.info.resources}")

    def _equal(self, agent: Agent, what: str, counted: Resources, listed: Holding) -> None:
        if not listed.equals(counted):
            told = f"{counted} count as {what}, those listed hold {listed.value()}"
            self.fail(f"agent {agent.info.agent_id}: {told}")

    def _same(self, what: str, counted: object, held: Holding) -> None:
        scalars = {name: amount for name, amount in held.scalars.items() if amount}
        if counted != scalars:
            self.fail(f"{what}: {counted} is counted, those listed hold {scalars}")


def _kept(listed: Listed) -> Resources:
    """Its volumes, and what of its reservations neither they nor tasks or offers hold."""
    kept, volumes = Holding(), listed.agent.volumes.values()
    for reservation in listed.reservations.values():
        size = sum(each.size for each in volumes if each.reservation_id == reservation.reservation_id)
        rest = reservation.resources.without(Resources({"disk": size}))
        taken = listed.taken.get(reservation.reservation_id)
        kept.add(rest.without(taken.value()) if taken is not None else rest)
    kept.add(Resources({"disk": sum(each.size for each in volumes)}))
    return kept.value()
