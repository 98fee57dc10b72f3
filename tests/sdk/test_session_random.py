"""Whatever the links do, every update is delivered once and acknowledged, and every wish reaches the master."""

from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.cluster import Demand, FrameworkInfo
from barter.core.ids import DemandId, FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import NOTHING
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskStatus
from barter.sdk import callbacks as told
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.session import Session

ID = FrameworkId("abc-1-0001")
MOVES = st.sampled_from(["update", "resend", "lose", "tick", "subscribe", "invoked", "partial", "kill", "demand"])


class World:
    """A master that keeps what is not acknowledged and sends it again after each subscription."""

    def __init__(self) -> None:
        self.session = Session(FrameworkInfo("test"), ["a:1", "b:1"])
        self.now = 0
        self.link = 0
        self.subscribed = False
        self.unacked: dict[str, TaskStatus] = {}
        self.made: list[str] = []
        self.delivered: list[str] = []
        self.acknowledged: set[str] = set()
        self.calling: tuple[told.Callback, ...] = ()
        self.demands = 0
        self.asked_demands = 0
        self.kills: set[str] = set()
        self.asked_kills: set[str] = set()
        self.feed(msg.Start())

    def feed(self, event: msg.Event | Tick) -> None:
        self.now += 1
        for action in self.session.step(event, self.now):
            match action:
                case msg.Connect():
                    self.link, self.subscribed = action.link, False
                case msg.Send():
                    assert self.subscribed
                    self.receive(action.call)
                case msg.Invoke():
                    assert not self.calling
                    self.calling = action.callbacks
                case msg.Disconnect():
                    self.subscribed = False
                case _:
                    assert not isinstance(action, msg.Finish)

    def receive(self, call: calls.Call) -> None:
        match call:
            case calls.Acknowledge():
                for _, uuid in call.acks:
                    assert uuid in self.delivered
                    self.acknowledged.add(uuid)
                    self.unacked.pop(uuid, None)
            case calls.SetDemands():
                self.demands = call.demands[0].count
            case calls.Kill():
                self.kills.add(call.task_id)
            case _:
                pass

    def move(self, name: str) -> None:
        match name:
            case "update":
                task = f"t{len(self.made) % 5}"
                uuid = f"{task}:{len(self.made)}"
                self.made.append(uuid)
                self.unacked[uuid] = TaskStatus(TaskId(task), TaskState.RUNNING, Source.EXECUTOR, 0, uuid=uuid)
                if self.subscribed:
                    self.feed(msg.Heard(self.link, msg.Update((self.unacked[uuid],))))
            case "resend" if self.subscribed and self.unacked:
                self.feed(msg.Heard(self.link, msg.Update(tuple(self.unacked.values()))))
            case "lose":
                self.subscribed = False
                self.feed(msg.LinkLost(self.link, "reset", jitter=self.now % 1000))
            case "tick":
                self.now = max(self.now, self.session.next_wakeup() or 0)
                self.feed(Tick())
            case "subscribe" if self.session.next_wakeup() is not None and not self.subscribed:
                self.subscribe()
            case "invoked":
                self.invoke()
            case "kill":
                self.asked_kills.add("t0")
                self.feed(calls.Kill(TaskId("t0")))
            case "demand":
                self.asked_demands += 1
                self.feed(calls.SetDemands((Demand(DemandId("d"), NOTHING, self.asked_demands),)))
            case _:
                pass

    def subscribe(self) -> None:
        self.subscribed = True
        self.feed(msg.Heard(self.link, msg.Subscribed(ID, 1, 1000)))
        self.subscribed = self.session.connected
        if self.subscribed and self.unacked:
            self.feed(msg.Heard(self.link, msg.Update(tuple(self.unacked.values()))))

    def invoke(self) -> None:
        if not self.calling:
            return
        called, self.calling = self.calling, ()
        for callback in called:
            if isinstance(callback, told.StatusUpdate):
                self.delivered.append(callback.status.uuid)
        self.feed(msg.Invoked(len(called)))

    def settle(self) -> None:
        """A quiet end: connected, everything heard, everything called."""
        for _ in range(10):
            if not self.subscribed:
                self.move("tick")
                self.subscribe()
        self.move("resend")
        while self.calling:
            self.invoke()


@settings(max_examples=300, deadline=None)
@given(st.lists(MOVES, max_size=60))
def test_once_and_acknowledged(moves: list[str]) -> None:
    world = World()
    for move in moves:
        world.move(move)
        assert len(set(world.delivered)) == len(world.delivered)
    world.settle()
    assert sorted(world.delivered) == sorted(world.made)
    assert world.acknowledged == set(world.made)
    assert not world.unacked
    assert world.demands == world.asked_demands
    assert world.kills == world.asked_kills
