"""The simulated master's streams end and beat as those of `master/shell`."""

from barter.agent.actions import SendHeartbeat, SendRegister
from barter.core.cluster import AgentInfo, FrameworkInfo
from barter.core.ids import AgentId, FrameworkId
from barter.core.resources import resources
from barter.master import messages as msg
from barter.sdk import calls
from barter.tools.sim import wire
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import Timing
from barter.tools.sim.master import FIRST_CALL_US
from barter.tools.sim.network import End
from barter.tools.sim.world import World

SECOND = 1_000_000
INFO = AgentInfo(AgentId("a"), "a", "a", resources(cpus=1_000))


class Client:
    """A peer of the master that says what a test has it say."""

    def __init__(self) -> None:
        self.world = World(1)
        self.cluster = SimCluster(self.world, Timing(heartbeat_ms=2_000))
        self.cluster.start()
        self.heard: list[object] = []
        self.ended: list[int] = []
        self.end: End
        self.cluster.network.dial("client", "master", self._opened, self._failed)
        self.go_on()

    def _opened(self, end: End) -> None:
        self.end, end.hear = end, lambda message: self.heard.append(_said(message))
        end.ended = lambda _: self.ended.append(self.world.now_us)

    def _failed(self, reason: str) -> None:
        raise AssertionError(reason)

    def go_on(self, us: int = SECOND) -> None:
        self.world.run_until(self.world.now_us + us)


def _said(message: object) -> object:
    assert isinstance(message, wire.FromMaster)
    return message.said


def test_who_says_nothing_is_not_beaten_to_and_hung_up_on() -> None:
    client = Client()
    client.go_on(FIRST_CALL_US - 2 * SECOND)
    assert (client.heard, client.ended) == ([], [])
    client.go_on(2 * SECOND)
    assert (client.heard, len(client.ended)) == ([], 1)


def test_who_has_registered_hears_heartbeats() -> None:
    client = Client()
    client.end.send(wire.AgentCall(INFO, SendRegister((), ())))
    client.go_on(7 * SECOND)
    assert client.heard == [msg.Registered(2_000), None, None, None]
    client.go_on(FIRST_CALL_US)
    assert client.ended == []


def test_who_subscribes_hears_so_and_then_heartbeats() -> None:
    client = Client()
    client.end.send(wire.FrameworkCall(FrameworkId(""), calls.Subscribe(FrameworkInfo("f"), False)))
    client.go_on(1_900_000)
    assert [type(each) for each in client.heard] == [msg.Subscribed, type(None)]


def test_who_has_said_all_is_answered_with_the_end() -> None:
    client = Client()
    client.end.send(wire.FrameworkCall(FrameworkId(""), calls.Subscribe(FrameworkInfo("f"), False)))
    client.go_on(SECOND // 2)
    framework_id = next(iter(client.cluster.master.machine.cluster.frameworks))
    client.end.send(wire.FrameworkCall(framework_id, calls.Teardown()))
    client.end.send(wire.NoMoreCalls())
    client.go_on(SECOND // 10)
    assert len(client.ended) == 1
    assert not client.cluster.master.machine.cluster.frameworks


def test_calls_of_a_session_that_is_being_closed_are_still_heard() -> None:
    """A second stream of the agent takes the place of the first one, which may be speaking."""
    client = Client()
    first = client.end
    first.send(wire.AgentCall(INFO, SendRegister((), ())))
    client.go_on(SECOND // 10)
    events: list[object] = []
    client.world.seen.master_stepped.append(lambda master, seen, actions: events.extend(seen))
    client.cluster.network.dial("client", "master", client._opened, client._failed)
    client.go_on(SECOND // 10)
    client.end.send(wire.AgentCall(INFO, SendRegister((), ())))
    for _ in range(400):
        first.send(wire.AgentCall(INFO, SendHeartbeat()))
        client.go_on(10)
    client.go_on(SECOND // 10)
    kinds = [type(event).__name__ for event in events]
    assert kinds[-1] == "AgentDisconnected"
    registered = kinds.index("AgentRegister")
    assert "AgentHeartbeat" in kinds[registered + 1 : -1]
