"""Every instance by its id and its tasks', and the records they are kept under: those launched together share one."""

from collections.abc import Iterable
from dataclasses import replace

from barter.frameworks.service.actions import Action, DropLaunch, SaveLaunch
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.state import AppState


class Roster:
    """A record goes when its last instance is gone; until then an ended one in it is harmless."""

    def __init__(self) -> None:
        self._instances: dict[str, Instance] = {}
        self._by_task: dict[str, Instance] = {}
        self._records: dict[str, dict[str, Instance]] = {}

    def get(self, task_id: str) -> Instance | None:
        """The instance of this id, or that one of whose tasks has it."""
        return self._by_task.get(task_id) or self._instances.get(task_id)

    def add(self, state: AppState, instance: Instance) -> None:
        state.instances[instance.task_id] = instance
        self._instances[instance.task_id] = instance
        self._by_task.update((task_id, instance) for task_id in instance.tasks)
        self._records.setdefault(instance.record, {})[instance.task_id] = instance

    def remove(self, state: AppState, instance: Instance) -> list[Action]:
        state.instances.pop(instance.task_id, None)
        self._instances.pop(instance.task_id, None)
        for task_id in instance.tasks:
            self._by_task.pop(task_id, None)
        together = self._records[instance.record]
        together.pop(instance.task_id, None)
        if together:
            return []
        del self._records[instance.record]
        return [DropLaunch(instance.record)]

    def doom(self, kills: Iterable[tuple[Instance, str]], now: int) -> list[Action]:
        """Mark instances to be killed now, each for its reason; a later process has to know that too."""
        records: dict[str, None] = {}
        for instance, reason in kills:
            instance.kill_reason, instance.kill_due = reason, now
            instance.placed = replace(instance.placed, unwanted=reason)
            records[instance.record] = None
        return [action for record in records for action in self.record(record)]

    def going(self) -> list[Instance]:
        """Those whose agents are to be given up."""
        return [instance for instance in self._instances.values() if instance.going]

    def give_up(self, instances: Iterable[Instance], inverse_offer: str) -> list[Action]:
        """Their agent is to be given up; with no `inverse_offer` it stays. A later process has to know."""
        records: dict[str, None] = {}
        for instance in instances:
            instance.going_until = None
            if instance.placed.inverse_offer != inverse_offer:
                instance.placed = replace(instance.placed, inverse_offer=inverse_offer)
                records[instance.record] = None
        return [action for record in records for action in self.record(record)]

    def record(self, record: str) -> list[Action]:
        """Save a record as it is now, if there is such a one."""
        together = self._records.get(record)
        return [SaveLaunch(record, tuple(one.placed for one in together.values()))] if together else []

    def unheard(self) -> tuple[str, ...]:
        """Tasks without a status so far, and those out of reach."""
        return tuple(task_id for one in self._instances.values() for task_id in one.silent_tasks())
