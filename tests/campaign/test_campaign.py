"""The campaign's own parts: plans from seeds, the proxy that fails on order, the clock that is off."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.campaign.machine import CLOCK
from tests.campaign.plan import FAULTS, draw
from tests.campaign.proxy import Proxy

PATIENCE_S = 20.0


def test_a_seed_is_a_plan() -> None:
    plans = [draw(seed, docker=True, root=True) for seed in range(300)]
    assert plans == [draw(seed, docker=True, root=True) for seed in range(300)]
    assert {fault.kind for plan in plans for fault in plan.faults} == set(FAULTS)
    assert all(2 <= len(plan.faults) <= 4 and 10 <= len(plan.specs) <= 20 for plan in plans)


def test_what_a_machine_cannot_have_is_left_out() -> None:
    plans = [draw(seed, docker=False, root=False) for seed in range(300)]
    assert not any(spec.docker for plan in plans for spec in plan.specs)
    assert all(not FAULTS[fault.kind][1] for plan in plans for fault in plan.faults)


def test_the_proxy_carries_and_fails_on_order() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)

    async def story() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        proxy = await Proxy(f"127.0.0.1:{server.sockets[0].getsockname()[1]}").start()
        host, _, port = proxy.address.rpartition(":")
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"one")
            assert await reader.readexactly(3) == b"one"
            proxy.back.clear()
            writer.write(b"two")
            waiting = asyncio.create_task(reader.readexactly(3))
            done, _ = await asyncio.wait([waiting], timeout=0.1)
            assert not done
            proxy.heal()
            assert await waiting == b"two"
            proxy.cut()
            with pytest.raises(ConnectionError):
                await reader.readexactly(1)
            again, other = await asyncio.open_connection(host, int(port))
            with pytest.raises(ConnectionError):
                await again.readexactly(1)
            writer.close()
            other.close()
        finally:
            await proxy.stop()
            server.close()

    asyncio.run(asyncio.wait_for(story(), PATIENCE_S))


def test_the_clock_is_off_as_the_file_says(tmp_path: Path) -> None:
    off = tmp_path / "clock"
    off.write_text(str(86_400_000))
    environment = {**os.environ, "PYTHONPATH": str(CLOCK), "BARTER_CAMPAIGN_CLOCK": str(off)}
    program = "from barter.shell.clock import Clock; import time; print(Clock().now(), time.time_ns() // 1_000_000)"
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    hour = 3_600_000
    for each in said.stdout.split():
        assert 23 * hour < int(each) - time.time_ns() // 1_000_000 < 25 * hour
