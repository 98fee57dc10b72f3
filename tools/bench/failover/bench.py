"""`failover`: from the end of a leader to the next one's offers, and until all agents have registered again."""

import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from barter.core.units import MIB
from barter.tools.bench.failover.masters import Masters, masters
from barter.tools.bench.master.processes import BareServer, LoadProcess, OwnProcess
from barter.tools.bench.measure import Progress, Result, median

SESSION_SECONDS = 4
# Of the floor's agents; it has no others.
HEARTBEAT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Size:
    """`rounds`: how many leaders are killed, and how many are told to end."""

    agents: int
    tasks_per_agent: int
    rounds: int
    agents_per_connection: int = 100

    def __str__(self) -> str:
        return f"{self.agents}x{self.tasks_per_agent}"


@dataclass(frozen=True, slots=True)
class Failover:
    """In seconds, from the leader's end on; of one killed, less the session's timeout. `resident` in bytes."""

    first_offer: float
    all_back: float
    cpu: float
    resident: int


def run(sizes: Sequence[Size], servers: int, say: Progress) -> list[Result]:
    """Raises BenchFailed when agents do not come back, or no offer is made."""
    with masters(servers, SESSION_SECONDS) as made:
        say("floor: candidates alone")
        floors = {number: _candidates(made, number, sizes[0].rounds) for number in (signal.SIGKILL, signal.SIGTERM)}
    return [result for size in sizes for result in _of_size(size, servers, floors, say)]


def _of_size(size: Size, servers: int, floors: dict[signal.Signals, float], say: Progress) -> list[Result]:
    registration = _bare(size, say)
    with masters(servers, SESSION_SECONDS) as made:
        killed, told = _measure(made, size, say)
    lost, handed = floors[signal.SIGKILL], floors[signal.SIGTERM]
    return [
        _result(size, "first_offer", [each.first_offer for each in killed], lost),
        _result(size, "all_registered", [each.all_back for each in killed], max(lost, 0) + registration),
        _result(size, "handover_first_offer", [each.first_offer for each in told], handed),
        _result(size, "leader_cpu", [each.cpu for each in killed], None),
        Result("failover", f"leader_memory_{size}", max(each.resident for each in killed) / MIB, "MiB"),
    ]


def _result(size: Size, metric: str, values: Sequence[float], floor: float | None) -> Result:
    return Result("failover", f"{metric}_{size}", median(values), "s", floor)


def _measure(made: Masters, size: Size, say: Progress) -> tuple[list[Failover], list[Failover]]:
    """Of leaders that were killed, and of those that were told to end."""
    say(f"{size}: registrations are made")
    with LoadProcess(
        made.addresses, size.agents, size.tasks_per_agent, size.agents_per_connection, "failover.load"
    ) as load:
        load.ready()
        seconds = load.ask("begin")["seconds"]
        say(f"{size}: registered within {seconds:.1f} s")
        found: dict[signal.Signals, list[Failover]] = {signal.SIGKILL: [], signal.SIGTERM: []}
        for number, failovers in found.items():
            for _ in range(size.rounds):
                failovers.append(_failover(made, load, number))
                say(f"{size}: {number.name}, {failovers[-1].first_offer:.2f} s to the first offer")
    return found[signal.SIGKILL], found[signal.SIGTERM]


def _failover(made: Masters, load: LoadProcess, number: signal.Signals) -> Failover:
    made.start()
    before = made.processes()
    load.ask("again")
    sent = made.end_leader(number)
    if number is signal.SIGKILL:
        sent += made.session_seconds
    answer = load.ask("back")
    leader = made.processes()[pid := made.leader_pid()]
    return Failover(answer["offered"] - sent, answer["last"] - sent, leader.cpu - before[pid].cpu, leader.resident)


def _bare(size: Size, say: Progress) -> float:
    """Seconds that a server which keeps nothing takes to answer as many registrations."""
    say(f"{size}: floor, registrations are answered by a server that keeps nothing")
    with (
        BareServer(HEARTBEAT_MS) as server,
        LoadProcess(server.address, size.agents, size.tasks_per_agent, size.agents_per_connection) as load,
    ):
        load.ready()
        return float(load.ask("register")["seconds"])


def _candidates(made: Masters, number: signal.Signals, rounds: int) -> float:
    """Seconds from the end of one that leads to another's lead, where neither does anything with it."""
    found: list[float] = []
    for each in range(rounds):
        place = f"frameworks/floor-{number.name.lower()}-{each}"
        arguments = "failover.candidate", made.url, made.auth, place, made.session_seconds * 1000
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(OwnProcess(*arguments, quiet=True))
            _until(first, "leads")
            other = stack.enter_context(OwnProcess(*arguments, quiet=True))
            _until(other, "follows")
            sent = first.end(number)
            found.append(_until(other, "leads") - sent)
    return median(found) - (made.session_seconds if number is signal.SIGKILL else 0)


def _until(candidate: OwnProcess, state: str) -> float:
    """When it said so. Raises BenchFailed."""
    while state not in (answer := candidate.answer("take part in an election")):
        pass
    return float(answer[state])
