"""What of an app definition says how it is treated rather than what it runs: role, limits, upgrades, residency."""

from collections.abc import Container, Mapping

from barter.core.ids import VolumeId
from barter.core.reservations import VolumeMount, mount_problem
from barter.core.roles import DEFAULT_ROLE, check_role
from barter.core.tasks import UNLIMITED, Limits
from barter.core.units import MIB, ms_of
from barter.frameworks.service.app import MILLION, PersistentVolume, Residency, Unreachable, Upgrade
from barter.frameworks.service.paths import check_path
from barter.frameworks.service.pod_schema import PodPart
from barter.frameworks.service.schema import AppPart, LimitsPart, SecretVariablePart, UpgradePart

Problems = list[tuple[str, str]]
SINGLE_INSTANCE = "MARATHON_SINGLE_INSTANCE_APP"
RESIDENT_UPGRADE = Upgrade(minimum_health=MILLION // 2, maximum_over=0)


def app_id(part: AppPart | PodPart, problems: Problems) -> str:
    try:
        return check_path(part.id)
    except ValueError as error:
        problems.append(("/id", str(error)))
        return part.id


def role(part: AppPart | PodPart, problems: Problems) -> str:
    """Empty for the framework's own; Marathon writes "*" into every definition that names none."""
    given = part.role or DEFAULT_ROLE
    try:
        return "" if given == DEFAULT_ROLE else check_role(given)
    except ValueError as error:
        problems.append(("/role", str(error)))
        return ""


def limits(part: AppPart, problems: Problems) -> Limits | None:
    if part.resourceLimits is None:
        return None
    return limits_of(part.resourceLimits, part.cpus, part.mem, "/resourceLimits", problems)


def limits_of(given: LimitsPart, cpus: float, mem: float, path: str, problems: Problems) -> Limits | None:
    """Beside a request of `cpus` and `mem` (MiB)."""
    if given.cpus is None and given.mem is None:
        return None
    return Limits(
        _limit(f"{path}/cpus", given.cpus, cpus, 1000, problems), _limit(f"{path}/mem", given.mem, mem, MIB, problems)
    )


def _limit(path: str, given: float | str | None, request: float, unit: int, problems: Problems) -> int | None:
    if given is None or isinstance(given, str):
        return UNLIMITED if given else None
    if given < request:
        problems.append((path, f"is less than the {request:g} requested"))
    return round(given * unit)


def secret_env(part: AppPart, problems: Problems) -> dict[str, str]:
    return secrets_of(part.env, part.secrets, "/env", problems)


def secrets_of(
    env: Mapping[str, str | SecretVariablePart], secrets: Container[str], path: str, problems: Problems
) -> dict[str, str]:
    """The names of secrets by variable, of the variables at `path`."""
    found = {name: value.secret for name, value in env.items() if not isinstance(value, str)}
    for name, secret in found.items():
        if secret not in secrets:
            problems.append((f"{path}/{name}/secret", f"references an undefined secret: {secret[:80]}"))
    return found


def plain_env(env: Mapping[str, str | SecretVariablePart]) -> dict[str, str]:
    return {name: value for name, value in env.items() if isinstance(value, str)}


def dependencies(part: AppPart, app_id: str, problems: Problems) -> tuple[str, ...]:
    made: list[str] = []
    for index, given in enumerate(part.dependencies):
        try:
            made.append(check_path(resolved(given, app_id)))
        except ValueError as error:
            problems.append((f"/dependencies/{index}", str(error)))
            continue
        if made[-1] in made[:-1]:
            problems.append((f"/dependencies/{index}", f"{given} is given twice"))
        if made[-1] == app_id:
            problems.append((f"/dependencies/{index}", "is the app itself"))
    return tuple(made)


def resolved(given: str, app_id: str) -> str:
    """The absolute id that `given` means in the definition of `app_id`: a relative one begins at its group."""
    if given.startswith("/"):
        return given.rstrip("/")
    steps = app_id.split("/")[1:-1]
    for step in given.rstrip("/").split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step != ".":
            steps.append(step)
    return "/" + "/".join(steps)


def residency(part: AppPart, problems: Problems) -> Residency | None:
    given = part.residency
    if given is not None and not is_resident(part):
        problems.append(("/residency", "needs a persistent volume in container.volumes"))
    if given is not None:
        return Residency(given.relaunchEscalationTimeoutSeconds, given.taskLostBehavior)
    return Residency() if is_resident(part) else None


def check_single_instance(part: AppPart, problems: Problems) -> None:
    """Marathon's promise that there is never a second one, by a label."""
    if part.labels.get(SINGLE_INSTANCE) != "true":
        return
    if part.instances > 1:
        problems.append(("/instances", f"is more than 1, and the label {SINGLE_INSTANCE} says there is one"))
    given = part.upgradeStrategy
    if given is None or given.minimumHealthCapacity or given.maximumOverCapacity or given.canary:
        problems.append(("/upgradeStrategy", f"needs capacities of 0, as the label {SINGLE_INSTANCE} is set"))


def is_resident(part: AppPart) -> bool:
    return bool(part.container and any(volume.persistent for volume in part.container.volumes))


def persistent_volumes(part: AppPart, problems: Problems) -> tuple[PersistentVolume, ...]:
    made: list[PersistentVolume] = []
    for index, volume in enumerate(part.container.volumes if part.container else []):
        if volume.persistent is None:
            continue
        path = f"/container/volumes/{index}/containerPath"
        mount = VolumeMount(VolumeId("v"), volume.containerPath)
        if volume.containerPath in (".", "..") or "/" in volume.containerPath:
            problems.append((path, 'must not contain "/"'))
        elif why := mount_problem([mount], in_container=False):
            problems.append((path, why.partition(": ")[2]))
        if volume.mode != "RW":
            problems.append((f"/container/volumes/{index}/mode", "is to be RW for a persistent volume"))
        made.append(PersistentVolume(volume.containerPath, volume.persistent.size * MIB, volume.mode))
    return tuple(made)


def upgrade(part: AppPart, problems: Problems) -> Upgrade:
    given = part.upgradeStrategy
    if given is not None and given.maximumOverCapacity and is_resident(part):
        problems.append(("/upgradeStrategy/maximumOverCapacity", "must be 0 with persistent volumes"))
    if given is not None and given.canary and is_resident(part):
        problems.append(("/upgradeStrategy/canary", "must be 0 with persistent volumes"))
    if given is None:
        return RESIDENT_UPGRADE if is_resident(part) else Upgrade()
    return upgrade_of(given)


def upgrade_of(given: UpgradePart) -> Upgrade:
    return Upgrade(
        round(given.minimumHealthCapacity * MILLION),
        round(given.maximumOverCapacity * MILLION),
        progress_ms=ms_of(given.progressDeadlineSeconds),
        auto_revert=given.autoRevert,
        canary=given.canary,
        auto_promote=given.autoPromote,
        min_healthy_ms=ms_of(given.minHealthySeconds),
        canary_weights=tuple(given.canaryWeights),
    )


def _waits(part: AppPart) -> Unreachable | None:
    """For ever, unless its residency says for how long."""
    given = part.residency
    if given is None or given.taskLostBehavior != "RELAUNCH_AFTER_TIMEOUT":
        return None
    limit_ms = given.relaunchEscalationTimeoutSeconds * 1000
    return Unreachable(limit_ms, limit_ms)


def unreachable(part: AppPart, problems: Problems) -> Unreachable | None:
    strategy = part.unreachableStrategy
    if strategy is None:
        return _waits(part) if is_resident(part) else Unreachable()
    if isinstance(strategy, str):
        return _waits(part)
    if is_resident(part):
        problems.append(("/unreachableStrategy", "must be disabled for resident tasks"))
    if strategy.expungeAfterSeconds < strategy.inactiveAfterSeconds:
        problems.append(("/unreachableStrategy/expungeAfterSeconds", "is less than inactiveAfterSeconds"))
    return Unreachable(ms_of(strategy.inactiveAfterSeconds), ms_of(strategy.expungeAfterSeconds))
