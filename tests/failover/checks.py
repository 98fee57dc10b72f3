"""What must hold of a cluster's history, whatever faults there were: pure functions of what was seen from outside."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.failover.record import (
    Alarm,
    Exited,
    Obeyed,
    Outcome,
    Process,
    Read,
    Record,
    Settled,
    Silenced,
    Started,
    Told,
    Write,
)

SESSION_MS = 2_000
BOUND_MS = SESSION_MS + 10_000
"""All is as it was at latest so long after the last fault is over."""
AGENT_TIMEOUT_MS = 4_500
BUSY_MS = 1_000
"""Where the campaign's own loop, which does little, was held up for longer, no time says anything of the cluster."""
# An agent is silent from its last heartbeat before a cut until it has found its way back after it.
UNHEARD_BEFORE_MS, RETURNING_MS = 1_500, 3_000
TASKS = 50
ENDED = (0, -15)
LIVE = ("TASK_STAGING", "TASK_STARTING", "TASK_RUNNING")


def judge(record: Record) -> Iterator[str]:
    """A line for each promise that was broken. Where ZooKeeper has lost what it had committed, nothing that rests on it
    can be held to account."""
    yield from record.problems
    yield from tasks(record.started, record.first, record.last)
    yield from once(record.passing)
    silenced = record.silenced if timely(record) else [Silenced("", record.began_ms, record.over_ms)]
    yield from told(record.told, silenced)
    yield from alarms(record.alarms, silenced)
    yield from settled(record.settled, timely=timely(record))
    yield from exits(record.exits)
    if record.zookeeper_lost:
        return
    yield from orders(record.obeyed)
    if record.final:
        yield from writes(record.writes, record.final)
    yield from reads(record.writes, record.reads)


def timely(record: Record) -> bool:
    """Whether the machine had time enough for times to be judged."""
    return record.busy_ms <= BUSY_MS


def orders(obeyed: Sequence[Obeyed]) -> Iterator[str]:
    """No agent obeys a lower epoch after a higher one, and an epoch is one master's."""
    highest: dict[str, Obeyed] = {}
    masters: dict[int, Obeyed] = {}
    for order in obeyed:
        before = highest.setdefault(order.agent, order)
        if order.epoch < before.epoch:
            yield f"{order.agent} obeyed {order.kind} of epoch {order.epoch} ({order.master}) after {before.epoch}"
        elif order.epoch > before.epoch:
            highest[order.agent] = order
        first = masters.setdefault(order.epoch, order)
        if order.master != first.master:
            yield (
                f"epoch {order.epoch} has two masters: {first.master} at {first.agent}, {order.master} at {order.agent}"
            )


def tasks(started: Sequence[Started], first: Mapping[int, Process], last: Mapping[int, Process]) -> Iterator[str]:
    """Each is to the end the process that it was at its only start."""
    yield from once(started)
    if len(names := {each.task for each in started}) != TASKS:
        yield f"{len(names)} tasks have ever started instead of {TASKS}"
    for each in started:
        was, is_now = first.get(each.pid), last.get(each.pid)
        if was is None or is_now is None or not is_now.since:
            yield f"{each.task} is lost: its process {each.pid} is gone"
        elif was.since != is_now.since:
            yield f"{each.task} is lost: {each.pid} is another process now"


def once(started: Sequence[Started]) -> Iterator[str]:
    """Also of tasks that come and go."""
    for task, count in Counter(each.task for each in started).items():
        if count > 1:
            yield f"{task} was started {count} times"


def told(statuses: Sequence[Told], silenced: Sequence[Silenced]) -> Iterator[str]:
    """The framework hears of no end, and of unreachable ones only while a fault keeps their agent apart."""
    for each in statuses:
        if each.state in LIVE:
            continue
        if each.state != "TASK_UNREACHABLE":
            yield f"the framework was told {each.state} of {each.task} ({each.reason}), which runs"
        elif not _apart(each.agent, each.at_ms, silenced):
            yield f"false alarm: the framework was told TASK_UNREACHABLE of {each.task} on {each.agent} ({each.reason})"


def writes(written: Sequence[Write], final: Mapping[str, str]) -> Iterator[str]:
    """In the end each key has its last acknowledged value, or one of which nobody knows."""
    for key in dict.fromkeys(each.key for each in written):
        mine = [each for each in written if each.key == key]
        acknowledged = [each.value for each in mine if each.outcome is Outcome.ACKNOWLEDGED]
        maybe = {each.value for each in mine if each.outcome is Outcome.UNKNOWN}
        value = final.get(key)
        if acknowledged and value != acknowledged[-1] and value not in maybe:
            yield f"an acknowledged write is lost: {key} is {value} in the end, and was to be {acknowledged[-1]}"
        if value is not None and value not in acknowledged and value not in maybe:
            yield f"nobody ever wrote what {key} is in the end: {value}"


def reads(written: Sequence[Write], seen: Sequence[Read]) -> Iterator[str]:
    """A read shows nothing that was overwritten, with an answer, before it began."""
    for read in seen:
        mine = [each for each in written if each.key == read.key and each.began_ms <= read.ended_ms]
        done = [each for each in mine if each.outcome is Outcome.ACKNOWLEDGED and each.ended_ms <= read.began_ms]
        open_ones = [each.value for each in mine if each not in done and each.began_ms >= _began(done)]
        late = [each.value for each in mine if each.outcome is Outcome.UNKNOWN]
        if done and read.value not in {done[-1].value, *open_ones, *late}:
            yield f"a read of {read.key} was stale: {read.value} at {read.ended_ms}, after {done[-1].value} was written"


def alarms(raised: Sequence[Alarm], silenced: Sequence[Silenced]) -> Iterator[str]:
    for alarm in raised:
        if alarm.kind != "agent_unreachable":
            yield f"{alarm.master} told {alarm.kind} of {alarm.agent}"
        elif not _apart(alarm.agent, alarm.at_ms, silenced):
            yield f"false alarm: {alarm.master} took {alarm.agent} for unreachable at {alarm.at_ms}"


def settled(rounds: Sequence[Settled], *, timely: bool = True) -> Iterator[str]:
    for each in rounds:
        if each.took_ms < 0:
            yield f"round {each.round} ({', '.join(each.faults)}) never settled: {each.missing}"
        elif timely and each.took_ms > BOUND_MS:
            yield f"round {each.round} ({', '.join(each.faults)}) settled after {each.took_ms} ms, {BOUND_MS} at most"


def exits(ended: Sequence[Exited]) -> Iterator[str]:
    """Only who was told to, or has lost an election, ends, and says why. Who has only just begun dies of SIGTERM."""
    for each in ended:
        if each.asked == "SIGKILL" or (each.asked == "SIGTERM" and each.code in ENDED):
            continue
        elected = each.part[0] in "ms"
        if not elected or each.code != 1 or not each.last_line.startswith("barter "):
            asked = f" after {each.asked}" if each.asked else ""
            yield f"{each.part} ended with {each.code}{asked}: {each.last_line}"


def _apart(agent: str, at_ms: int, silenced: Sequence[Silenced]) -> bool:
    """Whether faults of at least the timeout less what else belongs to silence fall into the time before."""
    begin = at_ms - AGENT_TIMEOUT_MS - RETURNING_MS
    spans = sorted(
        (max(each.from_ms, begin), min(each.to_ms or at_ms, at_ms)) for each in silenced if each.agent in ("", agent)
    )
    apart = end = 0
    for low, high in spans:
        apart += max(high - max(low, end), 0)
        end = max(end, high)
    return apart >= AGENT_TIMEOUT_MS - UNHEARD_BEFORE_MS


def _began(done: Sequence[Write]) -> int:
    return done[-1].began_ms if done else 0
