"""`barter`: the one command of operators, and the door to every daemon."""

import click

from barter.tools.cli.lazy import LazyGroup, Verb

RUN, LOOK, APPS, TEST = "Run", "Look", "Act", "Test"
_CLI = "barter.tools.cli"

VERBS = (
    Verb("dev", f"{_CLI}.dev:dev", RUN, "Start a whole cluster on this machine."),
    Verb("start", f"{_CLI}.start:start", RUN, "Start one daemon: master, agent or service."),
    Verb("status", f"{_CLI}.listing:status", LOOK, "The cluster in one page."),
    Verb("agents", f"{_CLI}.listing:agents", LOOK, "The machines and what is free on them."),
    Verb("frameworks", f"{_CLI}.listing:frameworks", LOOK, "Who schedules here, and their share."),
    Verb("tasks", f"{_CLI}.listing:tasks", LOOK, "What runs where."),
    Verb("offers", f"{_CLI}.listing:offers", LOOK, "Resources on the table right now."),
    Verb("endpoints", f"{_CLI}.listing:endpoints", LOOK, "Ports of running, healthy tasks."),
    Verb("events", f"{_CLI}.events:events", LOOK, "What happened, with reasons."),
    Verb("explain", f"{_CLI}.explain:explain", LOOK, "Why a task, app, job or demand is, or is not, placed."),
    Verb("roles", f"{_CLI}.roles:roles", LOOK, "Roles: weights, shares and quotas."),
    Verb("reservations", f"{_CLI}.reservations:reservations", LOOK, "What is kept for which role."),
    Verb("whatif", f"{_CLI}.whatif:whatif", LOOK, "What would no longer fit, and how shares move."),
    Verb("maintenance", f"{_CLI}.maintenance:maintenance", LOOK, "Agents drained, deactivated, or about to be."),
    Verb("removals", f"{_CLI}.removals:removals", LOOK, "Agents out of reach, and when they are removed."),
    Verb("logs", f"{_CLI}.logs:logs", LOOK, "A task's stdout or stderr."),
    Verb("ls", f"{_CLI}.files:ls", LOOK, "The files in a task's sandbox."),
    Verb("cp", f"{_CLI}.files:cp", LOOK, "Copy a file or folder from a task's sandbox."),
    Verb("record", f"{_CLI}.record:record", LOOK, "Write down all that the master does, to be replayed."),
    Verb("sim", f"{_CLI}.sim:sim", TEST, "Whole clusters under faults, from a seed."),
    Verb("replay", f"{_CLI}.replay:replay", TEST, "Run a recording through this version's code."),
    Verb("app", f"{_CLI}.app:app", APPS, "Create, update, scale and remove apps."),
    Verb("group", f"{_CLI}.group:group", APPS, "Create, update, scale and remove groups of apps."),
    Verb("pod", f"{_CLI}.pod:pod", APPS, "Create, update, scale and remove pods."),
    Verb("deployment", f"{_CLI}.deployment:deployment", APPS, "Changes under way: pause, resume, promote, roll back."),
    Verb("exec", f"{_CLI}.exec:exec_", APPS, "Run a command beside a running task."),
    Verb("quota", f"{_CLI}.quota:quota", APPS, "What roles are guaranteed, and limited to."),
    Verb("weight", f"{_CLI}.weight:weight", APPS, "How much of its parent each role deserves beside its siblings."),
    Verb("reserve", f"{_CLI}.reservations:reserve", APPS, "Keep resources of an agent for a role."),
    Verb("unreserve", f"{_CLI}.reservations:unreserve", APPS, "End a reservation."),
    Verb("volume", f"{_CLI}.reservations:volume", APPS, "Persistent volumes: create, destroy."),
    Verb("drain", f"{_CLI}.drain:drain", APPS, "Give an agent up: its tasks move elsewhere first."),
    Verb("deactivate", f"{_CLI}.maintenance:deactivate", APPS, "Offer an agent to nobody; its tasks go on."),
    Verb("activate", f"{_CLI}.maintenance:activate", APPS, "End an agent's drain or deactivation."),
    Verb("gone", f"{_CLI}.maintenance:gone", APPS, "Mark an agent gone for good, and its tasks with it."),
    Verb("backup", f"{_CLI}.backup:backup", RUN, "Write all durable facts into a file."),
    Verb("restore", f"{_CLI}.backup:restore", RUN, "Fill an empty store with a backup."),
    Verb("framework", f"{_CLI}.framework:framework", APPS, "Tear a framework down."),
)

EPILOG = """\b
Examples:
  barter dev                            a whole cluster, here
  barter app create examples/web.json   three instances behind the edge
  barter tasks                          where they run
  barter VERB --help                    what a verb does, with an example

\b
Exit codes: 0 done, 1 refused or failed, 2 usage.
"""


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"auto_envvar_prefix": "BARTER", "help_option_names": ["-h", "--help"]},
)
@click.option("--master", metavar="HOST:PORT[,...]", help="The masters. [env: BARTER_MASTER; default: `barter dev`'s]")
@click.option("--service", metavar="URL", help="The service framework. [env: BARTER_SERVICE; default: `barter dev`'s]")
@click.pass_context
def cli(ctx: click.Context, master: str | None, service: str | None) -> None:
    """Barter: machines put their resources on the table, frameworks take what they need."""
    ctx.obj = {"master": master, "service": service}


assert isinstance(cli, LazyGroup)
cli.verbs = VERBS


def main() -> None:
    cli(prog_name="barter")


if __name__ == "__main__":
    main()
