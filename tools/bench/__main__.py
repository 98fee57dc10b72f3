"""`python -m barter.tools.bench NAME`: real daemons, measured against floors taken in the same run."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from barter.tools.bench import report
from barter.tools.bench.machine import busy, describe
from barter.tools.bench.measure import BenchFailed, Progress, Result

Bench = Callable[[Progress], list[Result]]
rounds_option = click.option(
    "--rounds", default=3, show_default=True, type=click.IntRange(1), help="Medians of so many."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One object a line.")
image_option = click.option("--image", default="", help="With /bin/sleep in it.  [default: made of busybox]")
runtime_option = click.option(
    "--runtime", type=click.Choice(["process", "docker"]), default="process", show_default=True
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure Barter on this machine. Each value stands beside its floor and the ratio of both."""


@main.command()
@runtime_option
@click.option("--tasks", default=0, help="In one accept.  [default: 1000, or 100 containers]")
@rounds_option
@image_option
@json_option
def launch(runtime: str, tasks: int, rounds: int, image: str, as_json: bool) -> None:
    """Tiny tasks on one agent: rates to RUNNING and to FINISHED, and the latency of one at a time."""
    from barter.tools.bench import containers
    from barter.tools.bench import launch as processes

    if runtime == "docker":
        _show(lambda say: containers.run(tasks or 100, rounds, image, say), as_json)
    else:
        _show(lambda say: processes.run(tasks or 1_000, rounds, say), as_json)


@main.command()
@rounds_option
@json_option
def burst(rounds: int, as_json: bool) -> None:
    """5,000 tasks in one accept: the cost of each against that of one among 500."""
    from barter.tools.bench import burst as bench

    _show(lambda say: bench.run(rounds, say), as_json)


@main.command()
@runtime_option
@click.option("--rounds", default=9, show_default=True, type=click.IntRange(1), help="The median of so many.")
@image_option
@json_option
def replace(runtime: str, rounds: int, image: str, as_json: bool) -> None:
    """Kill an instance of an app: how long until its replacement runs."""
    from barter.tools.bench import replace as bench

    _show(lambda say: bench.run(runtime, rounds, image, say), as_json)


@main.command()
@rounds_option
@json_option
def cli(rounds: int, as_json: bool) -> None:
    """`barter --help`, and `barter tasks -o json` with 1,000 tasks."""
    from barter.tools.bench import cli as bench

    _show(lambda say: bench.run(rounds, say), as_json)


@main.command()
@click.option("--seeds", default=20, show_default=True, type=click.IntRange(1), help="Medians of so many.")
@json_option
def sim(seeds: int, as_json: bool) -> None:
    """Simulated clusters: events and virtual seconds a second, and ten thousand agents."""
    from barter.tools.bench import sim as bench

    _show(lambda say: bench.run(seeds, say), as_json)


@main.command()
@click.option("--tasks", default=64, show_default=True, type=click.IntRange(1), help="Running when it is killed.")
@click.option("--sequence", default=1_000, show_default=True, type=click.IntRange(1), help="Short tasks in a row.")
@rounds_option
@image_option
@json_option
def agent(tasks: int, sequence: int, rounds: int, image: str, as_json: bool) -> None:
    """An agent killed with 64 tasks running and started again; its ledger's cost; its memory over 1,000 tasks."""
    from barter.tools.bench import agent as bench

    _show(lambda say: bench.run(tasks, rounds, sequence, image, say), as_json)


@main.command()
@click.option("--agents", default=5_000, show_default=True, type=click.IntRange(1), help="Simulated, on real streams.")
@click.option(
    "--tasks-per-agent", default=10, show_default=True, type=click.IntRange(0), help="Running from the start."
)
@click.option("--large", is_flag=True, help="Then 20,000 agents with 5 tasks each as well.")
@click.option(
    "--seconds", default=20, show_default=True, type=click.IntRange(1), help="How long each rate is measured."
)
@click.option(
    "--agents-per-connection", default=100, show_default=True, type=click.IntRange(1), help="Each has its own stream."
)
@json_option
def master(
    agents: int, tasks_per_agent: int, large: bool, seconds: int, agents_per_connection: int, as_json: bool
) -> None:
    """A master with thousands of agents over gRPC: registration, idle cost, memory, and how fast demands get offers."""
    from barter.tools.bench.master import bench

    sizes = [bench.Size(agents, tasks_per_agent, agents_per_connection)]
    if large:
        sizes.append(bench.Size(20_000, 5, agents_per_connection))
    _show(lambda say: bench.run(sizes, seconds, say), as_json)


@main.command()
@click.option("--agents", default=5_000, show_default=True, type=click.IntRange(1), help="Simulated, after 10 of them.")
@click.option("--tasks-per-agent", default=10, show_default=True, type=click.IntRange(0), help="Running on each.")
@click.option("--large", is_flag=True, help="Then Mesos' sizes as well: 2,000 agents with 100 tasks, 20,000 with 5.")
@click.option("--servers", default=1, show_default=True, type=click.IntRange(1, 5), help="Of ZooKeeper.")
@rounds_option
@json_option
def failover(agents: int, tasks_per_agent: int, large: bool, servers: int, rounds: int, as_json: bool) -> None:
    """Masters elected by a real ZooKeeper: how soon the next one makes offers, and has all agents again."""
    from barter.tools.bench.failover import bench, dead_agent

    sizes = [bench.Size(10, 5, rounds), bench.Size(agents, tasks_per_agent, rounds)]
    if large:
        sizes += [bench.Size(2_000, 100, 1), bench.Size(20_000, 5, 1)]
    _show(lambda say: [*dead_agent.run(rounds, say), *bench.run(sizes, servers, say)], as_json)


@main.command()
@click.option("--agents", default=1_000, show_default=True, type=click.IntRange(1), help="Simulated, on real streams.")
@click.option("--apps", default=1_000, show_default=True, type=click.IntRange(1), help="One POST each, in a row.")
@click.option("--instances", default=10, show_default=True, type=click.IntRange(1), help="Of each app.")
@click.option("--large", default=500, show_default=True, type=click.IntRange(1), help="Instances of one more app.")
@json_option
def service(agents: int, apps: int, instances: int, large: int, as_json: bool) -> None:
    """The service framework with thousands of instances: until all run, what a POST takes meanwhile, memory."""
    from barter.tools.bench.service import bench

    _show(lambda say: bench.run(bench.Size(agents, apps, instances, large), say), as_json)


@main.command()
@click.option("--agents", default=10_000, show_default=True, type=click.IntRange(1))
@click.option("--frameworks", default=200, show_default=True, type=click.IntRange(1))
@click.option(
    "--rounds", default=0, type=click.IntRange(0), help="Of declining at most.  [default: until all is filtered]"
)
@click.option("--plot", default="", metavar="FOLDER", help="Plot cost against agents and frameworks there instead.")
@json_option
def allocator(agents: int, frameworks: int, rounds: int, plot: str, as_json: bool) -> None:
    """The allocator alone, without sockets: passes, rounds of declining, single events, constrained demands."""
    from barter.tools.bench import allocator as bench
    from barter.tools.bench import allocator_plot

    if plot:
        for path in allocator_plot.run(Path(plot), report.progress):
            click.echo(path)
        report.progress_end()
        return
    _show(lambda say: bench.run(agents, frameworks, rounds, say), as_json)


@main.command()
@click.option("--agents", default=10_000, show_default=True, type=click.IntRange(1))
@rounds_option
@json_option
def registry(agents: int, rounds: int, as_json: bool) -> None:
    """The registry of many agents: read back from ZooKeeper and from SQLite, and their first admission."""
    from barter.tools.bench import registry as bench

    _show(lambda say: bench.run(agents, rounds, say), as_json)


def _show(bench: Bench, as_json: bool) -> None:
    if warning := busy():
        click.echo(f"warning: {warning}", err=True)
    try:
        results = bench(report.progress)
    except BenchFailed as error:
        report.progress_end()
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    report.progress_end()
    (report.as_json if as_json else report.as_table)(results, describe())


if __name__ == "__main__":
    main(prog_name="python -m barter.tools.bench")
