"""The edge with the real HAProxy, real HTTP backends, and a master of this test's own that tells endpoints."""

import asyncio
import contextlib
import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from barter.agent.edge.config import Settings, render
from barter.agent.edge.messages import Event, Failed, Running
from barter.agent.edge.model import Address, Route, Targets
from barter.agent.edge.shell import process
from barter.agent.edge.shell.haproxy import HAProxy
from tests.integration.edge_world import Backends, binaries, failures, load, world
from tests.integration.machine import free_port

pytestmark = [pytest.mark.integration, pytest.mark.haproxy]
NONE_HERE = pytest.param("", marks=pytest.mark.skip(reason="a HAProxy"))


@pytest.fixture(params=[pytest.param(path, id=str(number)) for number, path in enumerate(binaries())] or [NONE_HERE])
def haproxy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def backends() -> Iterator[Backends]:
    started = Backends()
    yield started
    started.stop()


def test_instances_are_answered_in_turn_and_scaling_never_reloads(
    tmp_path: Path, haproxy: str, backends: Backends
) -> None:
    async def story() -> None:
        async with world(tmp_path, haproxy) as made:
            ports = backends.start(40)
            made.master.tell("web", ports[:3])
            await made.until_serving(ports[:3])
            assert await made.answers(9) == Counter({(200, str(port)): 3 for port in ports[:3]})
            assert made.edge is not None
            worker, reloads = await made.worker(), made.edge.status.reloads
            made.master.tell("web", ports)
            await made.until_serving(ports)
            assert made.edge.status.endpoints == 40
            made.master.tell("web", ports[10:12])
            await made.until_serving(ports[10:12])
            assert (await made.worker(), made.edge.status.reloads) == (worker, reloads)
            assert await made.get("other.localhost") == (404, "no such service here\n")

    asyncio.run(story())


def test_replacing_instances_drained_first_fails_no_request(tmp_path: Path, haproxy: str, backends: Backends) -> None:
    async def story() -> None:
        async with world(tmp_path, haproxy) as made:
            old = [backends.start()[0] for _ in range(2)]
            made.master.tell("web", old)
            await made.until_serving(old)
            worker = await made.worker()
            async with load(made) as seen:
                for _ in range(3):
                    new = [backends.start()[0] for _ in range(2)]
                    made.master.tell("web", old + new)
                    await made.until_serving(old + new)
                    made.master.tell("web", old + new, draining=tuple(old))
                    await made.until_serving(new)
                    for port in old:
                        backends.kill(port)
                    made.master.tell("web", new)
                    old = new
                await made.until_serving(old)
            assert failures(seen) == {}
            assert await made.worker() == worker

    asyncio.run(story())


def test_a_killed_instance_costs_no_request_that_may_be_repeated(
    tmp_path: Path, haproxy: str, backends: Backends
) -> None:
    async def story() -> None:
        async with world(tmp_path, haproxy) as made:
            ports = [backends.start()[0] for _ in range(3)]
            made.master.tell("web", ports)
            await made.until_serving(ports)
            async with load(made) as seen:
                backends.kill(ports[0])
                already = seen.total()

                async def more() -> bool:
                    return seen.total() > already + 100

                await made.until(more)
                made.master.tell("web", ports[1:])
                await made.until_serving(ports[1:])
            assert failures(seen) == {}

    asyncio.run(story())


def test_a_new_service_reloads_without_a_failed_request(tmp_path: Path, haproxy: str, backends: Backends) -> None:
    async def story() -> None:
        async with world(tmp_path, haproxy) as made:
            ports = backends.start(4)
            made.master.tell("web", ports[:2])
            await made.until_serving(ports[:2])
            assert made.edge is not None
            before, number = made.edge.status.reloads, free_port()
            async with load(made) as seen:
                for turn in range(3):
                    made.master.tell(f"shop{turn}", ports[2:], number=number if turn == 0 else 0)
                    await made.until_serving(ports[2:], f"shop{turn}.localhost")
            assert failures(seen) == {}
            assert before < made.edge.status.reloads <= before + 3
            assert (await made.get("any", number))[0] == 200

            async def old_workers_gone() -> bool:
                return len(process.find_all(made.work_dir)) == 2

            await made.until(old_workers_gone)
            made.master.remove("shop0")

            async def closed() -> bool:
                return (await made.get("any", number))[0] == 0

            await made.until(closed)
            assert (await made.get("shop0.localhost"))[0] == 404

    asyncio.run(story())


def test_a_broken_service_is_excluded_by_itself(tmp_path: Path, haproxy: str, backends: Backends) -> None:
    refusing = tmp_path / "haproxy"
    refusing.write_text(
        "#!/bin/sh\n"
        "# The real HAProxy, which finds a mistake where the configuration has a service named cursed.\n"
        f'case " $* " in *" -c "*) sed -i "/^backend cursed::http/a cursed line" "$2/candidate.cfg";; esac\n'
        f'exec {haproxy} "$@"\n'
    )
    refusing.chmod(0o755)

    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0)) as squatter:
            async with world(tmp_path, str(refusing)) as made:
                ports = backends.start(3)
                made.master.tell("web", ports[:1])
                made.master.tell("squatted", ports[:1], number=squatter.getsockname()[1])
                made.master.tell("cursed", ports[:1])
                made.master.tell("bad", ports[:1], vhosts=("x\n    bind :1",))
                made.master.tell("thief", ports[:1], vhosts=("web.localhost",), number=made.options.http_port)
                made.master.tell("shop", ports[1:2])
                await made.until_serving(ports[:1])
                await made.until_serving(ports[1:2], "shop.localhost")
                assert made.edge is not None
                edge = made.edge
                why = dict(edge.status.excluded)
                assert why.keys() == {"squatted", "cursed", "bad", "thief"}
                assert "something else listens there" in why["squatted"]
                assert "unknown keyword 'cursed'" in why["cursed"]
                assert "not a host name" in why["bad"]
                assert "the edge's own http port" in why["thief"]
                made.master.tell("bad", ports[2:], vhosts=("good.localhost",))
                await made.until_serving(ports[2:], "good.localhost")

                async def counted() -> bool:
                    return edge.status.services == 3

                await made.until(counted)
                registry = CollectorRegistry()
                registry.register(edge.metrics)
                text = generate_latest(registry).decode()
                assert "barter_edge_excluded 3.0" in text
                assert "barter_edge_services 3.0" in text

    asyncio.run(story())


def test_the_next_edge_takes_over_without_a_reload(tmp_path: Path, haproxy: str, backends: Backends) -> None:
    async def story() -> None:
        async with world(tmp_path, haproxy) as made:
            ports = backends.start(5)
            made.master.tell("web", ports[:2])
            made.master.tell("shop", ports[4:])
            await made.until_serving(ports[:2])
            await made.until_serving(ports[4:], "shop.localhost")
            worker = await made.worker()
            await made.leave_edge()
            assert await made.answers(4) == Counter({(200, str(port)): 2 for port in ports[:2]})
            del made.master.services["shop"]
            made.master.settled = False
            made.master.tell("web", ports[1:4])
            edge = await made.start_edge()
            await made.until_serving(ports[:4])
            assert (await made.get("shop.localhost"))[0] == 200, "kept until the master has heard from all"
            assert (await made.worker(), edge.status.reloads) == (worker, 0)
            made.master.settle()
            await made.until_serving(ports[1:4])

            async def gone() -> bool:
                return (await made.get("shop.localhost"))[0] == 404

            await made.until(gone)

    asyncio.run(story())


def test_what_is_served_goes_on_while_masters_change(tmp_path: Path, haproxy: str, backends: Backends) -> None:
    async def story() -> None:
        async with world(tmp_path, haproxy) as made:
            ports = backends.start(3)
            made.master.tell("web", ports[:2])
            await made.until_serving(ports[:2])
            worker = await made.worker()
            await made.master.stop()
            assert set(await made.answers(4)) == {(200, str(port)) for port in ports[:2]}
            made.master.settled = False
            made.master.services.clear()
            await made.master.start()
            made.master.tell("web", ports[2:])
            await made.until_serving(ports)
            made.master.settle()
            await made.until_serving(ports[2:])
            assert await made.worker() == worker

    asyncio.run(story())


@pytest.mark.parametrize("victim", ["master", "worker"])
def test_a_killed_haproxy_comes_back_with_every_slot(
    tmp_path: Path, haproxy: str, backends: Backends, victim: str
) -> None:
    async def story() -> None:
        async with world(tmp_path, haproxy) as made:
            ports = backends.start(3)
            made.master.tell("web", ports)
            await made.until_serving(ports)
            worker = await made.worker()
            master = process.find_master(made.work_dir)
            assert master is not None
            os.kill(master if victim == "master" else worker, signal.SIGKILL)

            async def replaced() -> bool:
                return not {master, worker} & set(process.find_all(made.work_dir))

            await made.until(replaced)
            await made.until_serving(ports)

    asyncio.run(story())


def test_a_taken_port_is_waited_for(tmp_path: Path, haproxy: str, backends: Backends) -> None:
    async def story() -> None:
        ports, taken = backends.start(1), free_port()
        with contextlib.ExitStack() as squatting:
            squatting.enter_context(socket.create_server(("127.0.0.1", taken)))
            async with world(tmp_path, haproxy, http_port=taken) as made:
                made.master.tell("web", ports)

                async def told() -> bool:
                    return made.edge is not None and "something else listens there" in made.edge.trouble

                await made.until(told)
                squatting.close()
                await made.until_serving(ports)
                assert made.edge is not None
                assert made.edge.trouble == ""

    asyncio.run(story())


def test_a_failed_reload_leaves_what_is_served(tmp_path: Path, haproxy: str, backends: Backends) -> None:
    async def story() -> None:
        posted: list[Event] = []
        settings, port = Settings(free_port(), free_port()), backends.start(1)[0]
        web = Route("web", "web::http", "http", 0, ("web.localhost",))
        targets = {"web::http": Targets(frozenset({Address("127.0.0.1", port)}))}
        good = render(settings, (web,), targets)
        shell = HAProxy(haproxy, tmp_path, posted.append)
        try:
            assert await shell.start(good) == Running(good.structure, good.slots)
            with socket.create_server(("127.0.0.1", 0)) as squatter:
                squatted = Route("shop", "shop::http", "http", squatter.getsockname()[1])
                bad = render(settings, (squatted, web), targets)
                failed = await shell.reload(bad)
            assert isinstance(failed, Failed)
            assert f"port-{squatted.listen}" in failed.words
            assert await shell.read_slots(good.structure) == good.slots
            assert await shell.reload(bad) == Running(bad.structure, bad.slots)
            assert posted == []
        finally:
            await shell.stop()

    asyncio.run(story())


def test_nothing_is_left_after_stop(tmp_path: Path, haproxy: str, backends: Backends) -> None:
    async def story() -> None:
        async with world(tmp_path, haproxy) as made:
            ports = backends.start(2)
            made.master.tell("web", ports, number=free_port())
            await made.until_serving(ports)
            made.master.tell("shop", ports)
            await made.until_serving(ports, "shop.localhost")
            assert process.find_all(made.work_dir)
            assert made.edge is not None
            await made.edge.stop()
            assert process.find_all(made.work_dir) == []
            assert list(made.work_dir.iterdir()) == []

    asyncio.run(story())
