"""The tasks of a campaign: what each does, and how it may end."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from barter.core.ids import TaskId, VolumeId
from barter.core.reservations import VolumeMount
from barter.core.resources import resources
from barter.core.tasks import Artifact, CheckKind, Command, Container, HealthCheck, Network, TaskInfo, Volume

IMAGE = "barter-test/busybox:1"
NO_IMAGE = "127.0.0.1:9/nobody/nothing:1"
# What every process of a world carries in its environment, and every task besides.
WORLD, TASK = "BARTER_CAMPAIGN", "BARTER_CAMPAIGN_TASK"
MEMORY = 24 << 20
# Fetched by some before they start, out of the folder of marks; without it they exit with UNFETCHED.
FETCHED, UNFETCHED = "fetched", 99
FETCHED_SHA256 = hashlib.sha256(b"fetched\n").hexdigest()


@dataclass(frozen=True, slots=True)
class Spec:
    """`kind` is one of SCRIPTS or "missing"; `code` is what it exits with, where that is its own choice.

    `kill_ms` is when the master orders its end, from its order on; -1 for never before all is healed. With `fetches`
    a file comes into its sandbox first. Those of a `group` end together.
    """

    name: str
    kind: str
    docker: bool = False
    seconds: float = 0.0
    code: int = 0
    kill_ms: int = -1
    grace_ms: int = 300
    fetches: bool = False
    group: str = ""

    @property
    def stays(self) -> bool:
        return self.kind in STAY


def _exits(spec: Spec) -> str:
    return f"sleep {spec.seconds}; {_leave(spec.code)}"


def _leave(code: int) -> str:
    return f"echo {code} > $MARKS.end; exit {code}"


def _prints(spec: Spec) -> str:
    return f"head -c 2000000 /dev/zero; head -c 200000 /dev/zero >&2; sleep {spec.seconds}; {_leave(spec.code)}"


def _forks(spec: Spec) -> str:
    setsid = "busybox setsid" if spec.docker else "setsid"
    return f"{setsid} sh -c 'sleep 900' </dev/null >/dev/null 2>&1 & sleep {spec.seconds}; {_leave(spec.code)}"


SCRIPTS: dict[str, Callable[[Spec], str]] = {
    "exits": _exits,
    "prints": _prints,
    "forks": _forks,
    "closes": lambda spec: f"exec >&- 2>&- <&-; {_exits(spec)}",
    "kills itself": lambda spec: f"sleep {spec.seconds}; kill -9 $$",
    "needs memory": lambda spec: f"sleep {spec.seconds}; x=0123456789abcdef; while :; do x=$x$x; done",
    "falls ill": lambda spec: "exec sleep 900",
    "stays": lambda spec: "exec sleep 900",
    "polite": lambda spec: f"trap '{_leave(spec.code)}' TERM; sleep 900 & wait",
    "deaf": lambda spec: "trap '' TERM; sleep 900 & wait",
}
STAY = ("stays", "polite", "deaf")
# How those end that do not say so themselves: exit code and reason.
FORCED = {"kills itself": (137, "COMMAND_EXITED"), "needs memory": (137, "MEMORY_LIMIT")}
HEALTH = HealthCheck(CheckKind.COMMAND, command="false", grace_ms=0, interval_ms=300, timeout_ms=5_000, max_failures=2)
NEVER_START = {"missing": ("LAUNCH_FAILED",), "no image": ("IMAGE_FAILED", "IMAGE_NOT_FOUND", "IMAGE_UNREACHABLE")}


def task_info(spec: Spec, world: str, marks: Path, volumes: Path | None = None) -> TaskInfo:
    """Each start is a line in MARKS/NAME.start, each end of its own will its exit code in MARKS/NAME.end.

    A process that may write nothing of the machine's has its marks in a volume of its own below `volumes`.
    """
    walled = volumes is not None and not spec.docker
    folder = f"{volumes}/{spec.name}" if walled else str(marks)
    environment: Mapping[str, str] = {WORLD: world, TASK: spec.name, "MARKS": f"{folder}/{spec.name}"}
    if spec.kind in NEVER_START:
        command = Command(argv=("/no/such/program",), env=environment)
    else:
        look = (
            f'[ "$(cat $MESOS_SANDBOX/{FETCHED})" = fetched ] || {{ {_leave(UNFETCHED)}; }}; ' if spec.fetches else ""
        )
        command = Command(shell=f"echo $$ >> $MARKS.start; {look}{SCRIPTS[spec.kind](spec)}", env=environment)
    container = None
    if spec.docker:
        image = NO_IMAGE if spec.kind == "no image" else IMAGE
        container = Container(image, Network.NONE, volumes=(Volume(str(marks), str(marks)),))
    return TaskInfo(
        task_id=TaskId(spec.name),
        name=spec.name,
        resources=resources(cpus=10, mem=MEMORY),
        command=command,
        container=container,
        kill_grace_ms=spec.grace_ms,
        health_checks=(HEALTH,) if spec.kind == "falls ill" else (),
        artifacts=(Artifact(f"file://{marks}/{FETCHED}", FETCHED_SHA256, cache=True),) if spec.fetches else (),
        group_id=spec.group,
        volumes=(VolumeMount(VolumeId(spec.name), "marks"),) if walled else (),
    )
