"""What a master that loses its lead still does: it commits nothing, sends nothing, and answers nobody."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from barter.core.ids import AgentId
from barter.core.removals import Removals
from barter.master.actions import Action, Answer, Persist, SendToAgent
from barter.master.facts import Fact, RemovalsSet
from barter.master.history import History
from barter.master.joining import Message
from barter.master.messages import Error
from barter.master.registry import MemoryRegistry
from barter.master.shell.hub import Hub, LeadershipLost, MasterEnded

ORDER = Error("an order")


class Lead:
    """Ends when told so."""

    def __init__(self) -> None:
        self.held = True

    def may_act(self) -> bool:
        return self.held


class Registry(MemoryRegistry):
    """Keeps what was committed; the lead may end while it does."""

    def __init__(self, lead: Lead, *, ends_lead: bool = False) -> None:
        super().__init__()
        self.committed: list[Fact] = []
        self._lead, self._ends_lead = lead, ends_lead

    async def commit(self, facts: Sequence[Fact]) -> None:
        self.committed += facts
        self._lead.held = not self._ends_lead


class Batch:
    """A fact, an order and an answer, as a hub is given them, and what came of them."""

    def __init__(self, hub: Hub) -> None:
        self.written: list[Message | None] = []
        self.stream = hub.open("peer", self._write)
        number, self.answer = hub.call()
        self.actions: list[Action] = [
            Persist(RemovalsSet(Removals()), "because"),
            SendToAgent(self.stream.number, AgentId("a"), ORDER, "because"),
            Answer(number, "", "because"),
        ]

    async def _write(self, message: Message | None) -> None:
        self.written.append(message)


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def tell() -> None:
        await story()

    asyncio.run(tell())


def test_who_leads_commits_sends_and_answers() -> None:
    async def story() -> None:
        lead = Lead()
        registry = Registry(lead)
        hub = Hub(registry, History(), lead.may_act)
        batch = Batch(hub)
        await hub.perform(batch.actions)
        await asyncio.sleep(0)
        assert (len(registry.committed), batch.written, batch.answer.done()) == (1, [ORDER], True)

    run(story)


def test_without_the_lead_nothing_is_committed() -> None:
    async def story() -> None:
        lead = Lead()
        registry = Registry(lead)
        hub = Hub(registry, History(), lead.may_act)
        batch = Batch(hub)
        lead.held = False
        with pytest.raises(LeadershipLost):
            await hub.perform(batch.actions)
        assert registry.committed == []

    run(story)


def test_a_lead_that_ends_during_the_commit_sends_nothing_of_the_batch() -> None:
    async def story() -> None:
        lead = Lead()
        registry = Registry(lead, ends_lead=True)
        hub = Hub(registry, History(), lead.may_act)
        batch = Batch(hub)
        with pytest.raises(LeadershipLost):
            await hub.perform(batch.actions)
        await asyncio.sleep(0)
        assert (len(registry.committed), batch.written) == (1, [])
        hub.end_all()
        with pytest.raises(MasterEnded):
            await batch.answer

    run(story)
