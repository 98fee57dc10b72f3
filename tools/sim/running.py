"""What really runs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from barter.core.tasks import TaskInfo
from barter.tools.sim.use import Use


@dataclass(slots=True)
class Running:
    """A process or container of a task; `ended` hears its exit code, `healthy` is what its checks find."""

    task: TaskInfo
    ended: Callable[[int], None]
    deaf: bool
    healthy: bool = True
    over: bool = False
    use: Use = field(default_factory=Use)
