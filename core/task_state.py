"""Task states as one transition table; an illegal step raises and changes nothing (the shape is h11's `_state.py`)."""

from enum import StrEnum


class TaskState(StrEnum):
    """Mesos' states, under Mesos' names."""

    STAGING = "TASK_STAGING"
    STARTING = "TASK_STARTING"
    RUNNING = "TASK_RUNNING"
    KILLING = "TASK_KILLING"
    FINISHED = "TASK_FINISHED"
    FAILED = "TASK_FAILED"
    KILLED = "TASK_KILLED"
    ERROR = "TASK_ERROR"
    LOST = "TASK_LOST"
    DROPPED = "TASK_DROPPED"
    UNREACHABLE = "TASK_UNREACHABLE"
    GONE = "TASK_GONE"
    GONE_BY_OPERATOR = "TASK_GONE_BY_OPERATOR"
    UNKNOWN = "TASK_UNKNOWN"


_S = TaskState
_ENDS = frozenset({_S.FINISHED, _S.FAILED, _S.KILLED, _S.ERROR, _S.LOST, _S.DROPPED, _S.GONE, _S.GONE_BY_OPERATOR})

TRANSITIONS: dict[TaskState, frozenset[TaskState]] = {
    _S.STAGING: frozenset({_S.STARTING, _S.RUNNING, _S.KILLING, _S.UNREACHABLE}) | _ENDS,
    _S.STARTING: frozenset({_S.STARTING, _S.RUNNING, _S.KILLING, _S.UNREACHABLE}) | _ENDS,
    _S.RUNNING: frozenset({_S.RUNNING, _S.KILLING, _S.UNREACHABLE}) | _ENDS,
    _S.KILLING: frozenset({_S.UNREACHABLE}) | _ENDS,
    _S.UNREACHABLE: frozenset({_S.STAGING, _S.STARTING, _S.RUNNING, _S.KILLING}) | _ENDS,
    _S.UNKNOWN: frozenset(_S) - {_S.UNKNOWN},
} | {state: frozenset() for state in _ENDS}

TERMINAL = _ENDS


class IllegalTransition(Exception):
    """A status that the table does not allow after the current one."""

    def __init__(self, old: TaskState, new: TaskState) -> None:
        super().__init__(f"{old} cannot become {new}")
        self.old, self.new = old, new


def advance(old: TaskState, new: TaskState) -> TaskState:
    """Return `new` when the table allows it after `old`; raise IllegalTransition otherwise."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(old, new)
    return new
