"""`python -m tests.failover FAULTS [--seed S]`: clusters whose masters are struck by so many faults; exit 1 if one
breaks a promise. Each cluster takes up to fifty of them: the first has seed S, the next S+1."""

import argparse
import asyncio
import collections
import signal
import sys
import time

from barter.shell.zookeeper.server import missing
from tests.failover.aim import ZOOKEEPERS
from tests.failover.checks import BOUND_MS, timely
from tests.failover.network import Network
from tests.failover.record import Outcome as Answer
from tests.failover.record import Record
from tests.failover.world import Outcome, run

EACH, MOST_PROBLEMS = 50, 40


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/test --failover", description="Masters and ZooKeeper under faults.")
    parser.add_argument("faults", type=int, help="how many in all")
    parser.add_argument("--seed", type=int, default=1, help="of the first cluster (default: 1)")
    parser.add_argument("--story", action="store_true", help="tell the story of clusters that hold, too")
    return parser.parse_args()


async def _campaign(arguments: argparse.Namespace, outcomes: list[Outcome]) -> None:
    this = asyncio.current_task()
    assert this is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    network = Network(len(ZOOKEEPERS))
    lacking = network.make()
    if lacking:
        print(f"failover: ZooKeeper's servers are not parted from each other: {lacking}")
    left, seed = arguments.faults, arguments.seed
    try:
        while left > 0:
            count = min(left, EACH)
            outcome = await run(seed, count, None if lacking else network)
            outcomes.append(outcome)
            _report(outcome, count, story=arguments.story)
            left, seed = left - count, seed + 1
    finally:
        network.remove()


def _report(outcome: Outcome, faults: int, *, story: bool) -> None:
    record = outcome.record
    if outcome.problems or story:
        for line in record.story:
            print(f"    {line}")
    for problem, count in list(collections.Counter(outcome.problems).items())[:MOST_PROBLEMS]:
        print(f"  {problem}" + (f" ({count} times)" if count > 1 else ""))
    print(f"seed {outcome.seed}: {'FAILED' if outcome.problems else 'holds'}; {_figures(record)}")
    if outcome.problems:
        print(f"  logs: {outcome.logs}")
        print(f"  again: tools/test --failover {faults} --seed {outcome.seed}")
    sys.stdout.flush()


def _figures(record: Record) -> str:
    took = sorted(each.took_ms for each in record.settled if each.took_ms >= 0) or [0]
    kept = sum(each.outcome is Answer.ACKNOWLEDGED for each in record.writes)
    epochs = {each.epoch for each in record.obeyed}
    return (
        f"{len(record.settled)} rounds, settled after {took[len(took) // 2]} ms, at most {took[-1]} of {BOUND_MS}; "
        f"{len(epochs)} epochs, {len(record.obeyed)} orders obeyed, {kept} of {len(record.writes)} writes "
        f"acknowledged, {len(record.reads)} reads, the campaign itself held up {record.busy_ms} ms at most"
        + (f"; ZooKeeper stood still {record.stood_still} times" if record.stood_still else "")
        + (f"; ZOOKEEPER LOST {len(record.zookeeper_lost)} TRANSACTIONS of a majority" if record.zookeeper_lost else "")
        + ("" if timely(record) else ": too long to judge times by")
    )


def _table(outcomes: list[Outcome], seconds: float) -> None:
    struck = collections.Counter(kind for each in outcomes for kind in each.faults)
    failed = collections.Counter(kind for each in outcomes if each.problems for kind in set(each.faults))
    if len(outcomes) > 1:
        print(f"{'fault':44}{'struck':>8}{'seeds that failed with it':>28}")
        for kind, count in sorted(struck.items(), key=lambda each: (-each[1], each[0])):
            print(f"{kind:44}{count:8}{failed[kind]:28}")
    if late := [str(each.seed) for each in outcomes if not timely(each.record)]:
        print(f"failover: on a machine too busy to judge times: seeds {', '.join(late)}")
    bad = [str(each.seed) for each in outcomes if each.problems]
    print(
        f"failover: {len(outcomes)} clusters, {sum(struck.values())} faults, {seconds:.0f} s; "
        f"failed: {', '.join(bad) or 'none'}"
    )


def main() -> int:
    arguments = _arguments()
    if lacking := missing():
        print(f"failover: not tried: {lacking}")
        return 0
    outcomes: list[Outcome] = []
    began, told_to_end = time.monotonic(), False
    try:
        asyncio.run(_campaign(arguments, outcomes))
    except asyncio.CancelledError:
        print("failover: told to end")
        told_to_end = True
    _table(outcomes, time.monotonic() - began)
    return 1 if told_to_end or any(each.problems for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
