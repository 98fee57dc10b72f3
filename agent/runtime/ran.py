"""What came of a check's command."""

from typing import NamedTuple


class Ran(NamedTuple):
    """`ok`: it exited with 0; None where it could not be run for no fault of the task's. `found` says it in words."""

    ok: bool | None
    found: str
    exit_code: int | None = None


def exited(code: int) -> Ran:
    return Ran(code == 0, f"exited with status {code}", code)
