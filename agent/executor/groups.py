"""Task groups in the executor: started together, ended together, in one network."""

from collections.abc import Sequence
from dataclasses import replace

from barter.agent.executor.events import Order
from barter.agent.executor.held import HeldTask
from barter.core.ids import FrameworkId
from barter.core.tasks import Network, PortMapping, TaskInfo

GroupKey = tuple[FrameworkId, str]


class Groups:
    """The live members of each. `broken` are groups of which one has ended, or is being killed, with that one."""

    def __init__(self) -> None:
        self._members: dict[GroupKey, list[HeldTask]] = {}
        self.broken: list[HeldTask] = []

    def join(self, task: HeldTask) -> None:
        if task.order.task.group_id:
            self._members.setdefault(_key(task), []).append(task)

    def leave(self, task: HeldTask) -> None:
        """It has ended."""
        if not task.order.task.group_id:
            return
        self.broken.append(task)
        members = self._members.get(_key(task), [])
        if task in members:
            members.remove(task)
        if not members:
            self._members.pop(_key(task), None)

    def mates(self, task: HeldTask) -> tuple[HeldTask, ...]:
        return tuple(each for each in self._members.get(_key(task), ()) if each is not task)

    def address(self, task: HeldTask) -> str:
        """That of the containers whose network it shares; empty where it is none of their own."""
        if task.order.task.container is None:
            return ""
        known = (each.address for each in self.mates(task) if each.order.task.container is not None)
        return next(filter(None, known), "")

    def _holder(self, task: HeldTask) -> HeldTask | None:
        """The first container, where it has a network that others can be in."""
        members = self._members.get(_key(task), ())
        first = next((each for each in members if each.order.task.container is not None), None)
        container = None if first is None else first.order.task.container
        return None if container is None or container.network is Network.HOST else first

    def due(self, task: HeldTask) -> list[Order]:
        """What of its group is to be started now: nothing before all are ready, and the others of several containers
        once the first runs, whose network they share."""
        members = self._members.get(_key(task), [])
        if any(each.fetching or each.cause is not None for each in members):
            return []
        holder = self._holder(task)
        orders: list[Order] = []
        for each in members:
            if not each.waiting or (holder not in (None, each) and each.order.task.container and not _runs(holder)):
                continue
            each.waiting = False
            orders.append(each.order if holder is None else _in_network(each, holder, members))
        return orders


def _key(task: HeldTask) -> GroupKey:
    return task.order.framework_id, task.order.task.group_id


def _runs(holder: HeldTask | None) -> bool:
    return holder is not None and holder.started


def _in_network(member: HeldTask, holder: HeldTask, members: Sequence[HeldTask]) -> Order:
    """The holder answers for the ports of all; the others have no network of their own."""
    if member.order.task.container is None:
        return member.order
    if member is holder:
        ports = [mapping for each in members for mapping in _mappings(each.order.task)]
        return replace(member.order, task=_mapped(member.order.task, tuple(ports)))
    task = _mapped(member.order.task, ())
    return replace(member.order, task=task, network_of=holder.order.container_name)


def _mappings(task: TaskInfo) -> tuple[PortMapping, ...]:
    return () if task.container is None else task.container.port_mappings


def _mapped(task: TaskInfo, ports: tuple[PortMapping, ...]) -> TaskInfo:
    assert task.container is not None
    return replace(task, container=replace(task.container, port_mappings=ports))
