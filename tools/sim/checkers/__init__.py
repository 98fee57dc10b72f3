"""What must never be, each in a file of its own."""

from barter.tools.sim.observe import Observer


def general() -> list[Observer]:
    """Those that hold for any frameworks, fresh for one world."""
    return []
