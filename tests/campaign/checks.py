"""What must hold once all is healed: said of each task by what the master heard and what the task wrote down itself."""

from collections.abc import Iterator

from barter.core.task_state import TaskState
from tests.campaign.record import Heard, Marks, Record, Told
from tests.campaign.tasks import FORCED, NEVER_START, UNFETCHED

# A busy machine sees and says things late, its engine twice over; what a clock was off by is known exactly.
LATE_MS, ENGINE_LATE_MS = 2_500, 6_000
# What an engine says of a container that ended while it was dead, where it does not know better.
ENGINE_FORGOT = 255
DISK_FULL = ("DISK_FULL", "LAUNCH_FAILED", "FETCH_FAILED")
ENGINE_AWAY = ("LAUNCH_FAILED", "RUNTIME_MISSING", "IMAGE_FAILED", "IMAGE_UNREACHABLE")


def judge(record: Record, marks: dict[str, Marks]) -> Iterator[str]:
    """A line for each promise that was broken; `marks` of each task that started."""
    yield from record.problems
    for name, told in record.tasks.items():
        for check in (_started_once, _ended_once, _end_is_true, _end_time_is_true):
            for problem in check(record, told, marks.get(name)):
                yield f"{name} ({told.spec.kind}{', docker' if told.spec.docker else ''}): {problem}"


def final(told: Told) -> Heard | None:
    return next((each for each in told.heard if each.terminal), None)


def _started_once(record: Record, told: Told, marks: Marks | None) -> Iterator[str]:
    if marks is not None and marks.starts > 1:
        yield f"started {marks.starts} times"
    if marks is not None and told.spec.kind in NEVER_START:
        yield "started although it cannot"


def _ended_once(record: Record, told: Told, marks: Marks | None) -> Iterator[str]:
    """Exactly one terminal status, the answer to an order repeated after the end aside."""
    ends = [each for each in told.heard if each.terminal]
    if told.repeated_after_end:
        ends = ends[:1] + [each for each in ends[1:] if each.reason != "DUPLICATE_TASK_ID"]
    if not ends:
        yield f"lost: no terminal status, {told.state} was told last"
    elif len(ends) > 1:
        yield f"{len(ends)} terminal statuses: {', '.join(map(str, ends))}"


def _end_is_true(record: Record, told: Told, marks: Marks | None) -> Iterator[str]:
    end = final(told)
    if end is None:
        return
    if marks is None:
        yield from _end_without_start(record, told, end)
        return
    match end.state:
        case TaskState.FINISHED | TaskState.FAILED | TaskState.KILLED:
            yield from _code_is_true(record, told, end, marks)
        case _:
            yield f"it ran, and was told as {end} ({end.message})"


def _end_without_start(record: Record, told: Told, end: Heard) -> Iterator[str]:
    """What never ran may only be told as such, and only where something kept it from running."""
    kind, since, until = told.spec.kind, told.ordered_ms[0], end.at_ms
    allowed: list[str] = []
    if end.state is TaskState.KILLED and _was_to_end(record, told, end):
        return
    if end.state is TaskState.LOST:
        # Handed to an executor that died, and to be killed or one of a group: nobody knows that it never began.
        if not record.during("executor dead", since, until):
            yield f"{end}, and no executor had died ({end.message})"
        elif not told.kills_ms and not told.spec.group:
            yield f"it never began, nobody wanted its end, and it was told as {end} ({end.message})"
        return
    if not told.spec.docker and end.exit_code is None and record.during("keeper dead", since, until):
        # Killed as it was to start the task: the next one cannot know whether it had.
        allowed.append("COMMAND_EXITED")
    if kind in NEVER_START:
        allowed += NEVER_START[kind]
    if record.during("full disk", since, until, 500):
        allowed += DISK_FULL
    if told.spec.docker and record.during("engine away", since, until, 1_500):
        allowed += ENGINE_AWAY
    if told.spec.docker and record.during("executor dead", since, until):
        # Created and not started: nobody starts it again, for nobody knows that it never ran.
        allowed.append("LAUNCH_FAILED")
    if end.state not in (TaskState.FAILED, TaskState.DROPPED, TaskState.ERROR) or end.reason not in allowed:
        yield f"it never ran, and was told as {end} ({end.message})"


def _code_is_true(record: Record, told: Told, end: Heard, marks: Marks) -> Iterator[str]:
    forced = FORCED.get(told.spec.kind)
    if end.state is TaskState.KILLED:
        if not _was_to_end(record, told, end):
            yield f"nobody had it killed, and it was told as {end} ({end.message})"
        return
    if _lost_in_start(record, told, end, marks):
        return
    if marks.code == UNFETCHED:
        yield "what it was to fetch was not there"
    if marks.code is None and forced is None:
        yield f"it did not end by itself, and was told as {end} ({end.message})"
        return
    code, reason = (marks.code, "COMMAND_EXITED") if forced is None else forced
    if told.spec.docker and record.during("engine away", marks.started_ms, end.at_ms, 500):
        if end.exit_code == ENGINE_FORGOT:
            code = end.exit_code
        if reason == "MEMORY_LIMIT":
            # An engine that is dead when the kernel kills for memory never hears why.
            reason = end.reason
    if end.reason == "DISK_FULL" and record.during("full disk", marks.started_ms, end.at_ms, 500):
        reason = end.reason
    if told.spec.docker and reason == "MEMORY_LIMIT" and record.during("executor dead", marks.started_ms, end.at_ms):
        # An engine may tell of short memory only after the end, when nobody listens.
        reason = end.reason
    if not told.spec.docker and end.exit_code is None and record.during("keeper dead", marks.started_ms, end.at_ms):
        # Its parent was killed, and only some kernels tell others.
        code = None
    if reason == "MEMORY_LIMIT" and end.reason == reason and not told.spec.docker:
        # The kernel may kill what the shell waits for, and the shell say so in its own way.
        code = end.exit_code
    state = TaskState.FINISHED if code == 0 else TaskState.FAILED
    if (end.state, end.exit_code, end.reason) != (state, code, reason):
        yield f"it ended with {code} for {reason}, and was told as {end} ({end.message})"


def _was_to_end(record: Record, told: Told, end: Heard) -> bool:
    """Whether somebody or something had it killed, for the reason that was told."""
    if end.reason == "GROUP_ENDED":
        others = [each for each in record.tasks.values() if each is not told and each.spec.group == told.spec.group]
        return bool(told.spec.group) and any(each.ended for each in others)
    if end.reason == "KILLED_BY_HEALTH_CHECK":
        return told.spec.kind == "falls ill"
    if end.reason == "EXECUTOR_LOST" and record.during("full disk", told.ordered_ms[0], end.at_ms):
        # Why it was being killed could not be noted.
        return told.spec.kind == "falls ill" or bool(told.spec.group)
    return bool(told.kills_ms)


def _lost_in_start(record: Record, told: Told, end: Heard, marks: Marks) -> bool:
    """An engine killed while it starts a container does not know afterwards that it did."""
    away = told.spec.docker and record.during("engine away", marks.started_ms, marks.started_ms, 500)
    return away and end.state is TaskState.FAILED and end.reason == "LAUNCH_FAILED"


def _end_time_is_true(record: Record, told: Told, marks: Marks | None) -> Iterator[str]:
    end = final(told)
    if end is None or marks is None or marks.code is None or not marks.ended_ms:
        return
    if end.exit_code is None and record.during("keeper dead", marks.started_ms, end.at_ms):
        return
    off = min((end.timestamp_ms - marks.ended_ms - clock for clock in record.clock_offsets), key=abs)
    told_late = off > 0 and end.timestamp_ms <= end.at_ms + max(record.clock_offsets) + LATE_MS
    if told_late and min(record.clock_offsets) < 0:
        # What ended before the clock was set back ended in the future of who tells of it: told as of now.
        return
    if told_late and told.spec.docker and record.during("engine away", marks.ended_ms, marks.ended_ms, LATE_MS):
        # The time of an end is when the engine saw it.
        return
    if abs(off) > (ENGINE_LATE_MS if told.spec.docker else LATE_MS):
        yield f"it ended {off} ms before the time that was told of it" if off > 0 else f"it was told {-off} ms early"
