"""The campaign's own parts: plans from seeds, a front that knows its clients, what is drawn can be struck."""

import asyncio
import contextlib
import os

import pytest

from tests.failover.aim import AGENTS, MASTERS, SERVICES, ZOOKEEPERS, Leading, aim
from tests.failover.front import OTHERS, Front
from tests.failover.plan import FAULTS, MOST_AT_A_TIME, Fault, rounds

PATIENCE_S = 20.0


def test_a_seed_is_a_plan() -> None:
    plans = [list(rounds(seed, 50, namespaces=True)) for seed in range(100)]
    assert plans == [list(rounds(seed, 50, namespaces=True)) for seed in range(100)]
    for plan in plans:
        drawn = [fault for each in plan for fault in each]
        assert len(drawn) == 50
        assert {fault.kind for fault in drawn} == set(FAULTS)
        assert all(1 <= len(each) <= MOST_AT_A_TIME for each in plan)


def test_no_two_faults_of_a_round_are_of_one_group() -> None:
    for plan in (rounds(seed, 50, namespaces=seed % 2 > 0) for seed in range(100)):
        for each in plan:
            groups = [FAULTS[fault.kind].group for fault in each]
            assert len(groups) == len(set(groups))


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("pick", [0, 1, 2])
def test_every_fault_strikes_somebody_and_the_one_it_is_named_after(kind: str, pick: int) -> None:
    target = aim(Fault(kind, 0, 100, pick), Leading("m2", "z3", "s2"))
    assert bool(target.parts) != bool(target.ways)
    named = {*target.parts, *(name for way in target.ways for name in way)}
    assert named <= {*MASTERS, *ZOOKEEPERS, *AGENTS, *SERVICES}
    if "zookeeper leader" in kind or "quorum" in kind:
        assert "z3" in named
    elif "leader" in kind:
        assert "m2" in named
    if "follower" in kind and "zookeeper" not in kind:
        assert named & {"m1", "m3"}
    assert set(target.apart) == named & set(AGENTS)


def test_no_other_fault_is_aimed() -> None:
    for kind in ("kill nobody", "soothe leader"):
        with pytest.raises(ValueError, match="no such"):
            aim(Fault(kind, 0, 100, 0), Leading("m1", "z1", "s1"))


def test_a_front_knows_its_clients_and_cuts_one_alone() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(100):
                writer.write(data)

    async def story() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        target = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        clients = {os.getpid(): "a1"}
        front = Front("127.0.0.1:0", target, ("a1",), lambda: clients)
        await front.start()
        try:
            front.ways["a1"].cut()
            reader, _ = await asyncio.open_connection("127.0.0.1", front.port)
            with pytest.raises(ConnectionError):
                await reader.readexactly(1)
            clients.clear()
            reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
            writer.write(b"one")
            assert await reader.readexactly(3) == b"one"
            assert set(front.ways) == {"a1", OTHERS}
            writer.close()
        finally:
            await front.stop()
            server.close()

    asyncio.run(asyncio.wait_for(story(), PATIENCE_S))
