"""Volumes at the agent under any order of launches, ends, destroy orders and restarts."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.machine import Agent
from barter.core.ids import VolumeId
from barter.core.reservations import VolumeMount
from barter.core.task_state import TaskState
from barter.core.tasks import TaskInfo
from tests.agent.agent_kit import F, agent, ready, replayed, report, reports, task

VOLUMES = st.sampled_from(["v1", "v2", "v3"]).map(VolumeId)
PICK = st.integers(0, 99)


class AgentVolumes(RuleBasedStateMachine):
    """`disk` is what has data; `running` are tasks at the executor; `deleting` are orders the shell has not done."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[object] = []
        self.disk: set[VolumeId] = set()
        self.running: dict[str, TaskInfo] = {}
        self.deleting: list[VolumeId] = []
        self.ordered: set[VolumeId] = set()
        self.told: set[VolumeId] = set()
        self.count = self.sequence = 0
        self.one = ready(agent())

    def do(self, event: ev.Event) -> None:
        for action in self.one.step(event, 1):
            match action:
                case act.Record():
                    self.facts += action.facts
                case act.LaunchTasks():
                    for _, info in action.tasks:
                        self.launched(info)
                case act.DeleteVolume():
                    assert action.volume_id in self.ordered, "nobody ordered it"
                    self.deleting.append(action.volume_id)
                case act.SendVolumes():
                    self.told = set(action.volumes)
                case _:
                    pass

    def launched(self, info: TaskInfo) -> None:
        mine = {mount.volume_id for mount in info.volumes}
        others = {mount.volume_id for each in self.running.values() for mount in each.volumes}
        assert not mine & others, "two live tasks have one volume"
        assert not mine & set(self.deleting), "its data is being deleted"
        self.running[info.task_id] = info
        self.disk |= mine

    @rule(volumes=st.lists(VOLUMES, min_size=1, max_size=2, unique=True))
    def launch(self, volumes: list[VolumeId]) -> None:
        self.count += 1
        mounts = tuple(VolumeMount(each, f"in/{each}") for each in volumes)
        wanted = task(f"t{self.count}", cpus=1)
        info = TaskInfo(wanted.task_id, wanted.name, wanted.resources, wanted.command, volumes=mounts)
        self.do(ev.RunTasks(1, F, (info,), {}, {}))

    @rule(pick=PICK)
    def end(self, pick: int) -> None:
        if self.running:
            name = list(self.running)[pick % len(self.running)]
            self.sequence += 1
            del self.running[name]
            self.do(reports(report(name, TaskState.FINISHED, self.sequence)))

    @rule(volume=VOLUMES)
    def destroy(self, volume: VolumeId) -> None:
        self.ordered.add(volume)
        self.do(ev.DestroyVolume(1, volume))

    @rule(works=st.booleans())
    def delete(self, works: bool) -> None:
        if self.deleting:
            volume = self.deleting.pop(0)
            if works:
                self.disk.discard(volume)
            self.ordered.discard(volume)
            self.do(ev.VolumeDeleted(volume, "" if works else "no permission"))

    @rule()
    def restart(self) -> None:
        """Killed: orders not carried out are forgotten, what is on the disk and in the ledger is not."""
        self.deleting.clear()
        self.ordered.clear()
        before = self.one
        self.one = Agent(before.info, replayed(self.facts), ("m1:5050",), sorted(self.disk))
        ready(self.one)
        self.told = set(self.disk)

    @invariant()
    def nothing_is_deleted_under_a_task(self) -> None:
        live = {mount.volume_id for each in self.running.values() for mount in each.volumes}
        assert not live & set(self.deleting)
        assert live <= self.disk

    @invariant()
    def what_is_told_is_what_is_there(self) -> None:
        assert self.told == set(self.one.volumes.stored) == self.disk


TestAgentVolumes = AgentVolumes.TestCase
TestAgentVolumes.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
