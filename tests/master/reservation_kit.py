"""Short words for the tests of reservations and volumes."""

from dataclasses import replace

from barter.core.cluster import AgentInfo, Filters, FrameworkInfo, Offer
from barter.core.ids import ReservationId, VolumeId
from barter.core.operations import Operation
from barter.core.reservations import VolumeMount
from barter.core.resources import Resources, parse_resources, resources
from barter.core.tasks import TaskInfo
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from tests.master.world import A1, FRAMEWORK, World, task

R1, R2, V1 = ReservationId("r1"), ReservationId("r2"), VolumeId("v1")
HAS = parse_resources("cpus=4,mem=4GiB,disk=20GiB,ports=[31000-31009]")
PART = parse_resources("cpus=2,mem=1GiB,disk=10GiB,ports=[31000-31004]")
SMALL = resources(cpus=100, mem=32 << 20)


def machine(has: Resources = HAS, **reserved: str) -> AgentInfo:
    parts = {role: parse_resources(text) for role, text in reserved.items()}
    return AgentInfo(A1, "h1", "10.0.0.1", has, reserved=parts)


def world(*roles: str, info: AgentInfo | None = None) -> World:
    """An agent, and a framework of these roles (eng, where none is named) that holds its offers."""
    one = World()
    subscribe(one, *roles)
    one.register(info or machine())
    return one


def subscribe(one: World, *roles: str, session: int = FRAMEWORK, name: str = "f") -> None:
    info = FrameworkInfo(name, roles=roles or ("eng",), principal=f"{name}-team")
    one.do(ev.Subscribe(session, info))


def operate(one: World, operation: Operation, principal: str = "ops") -> str:
    """The refusal; empty when it is done."""
    one.do(ev.Operate(7, A1, principal, operation))
    [answer] = [each for each in one.last if isinstance(each, act.Answer)]
    return answer.refusal


def accept(
    one: World, offer: Offer, *tasks: TaskInfo, each: tuple[Operation, ...] = (), session: int = FRAMEWORK
) -> None:
    one.do(ev.Accept(session, (offer.offer_id,), tasks, Filters(), (), each))


def errors(one: World) -> list[str]:
    return [each.message for each in one.sent(msg.Error)]


def with_volume(name: str, volume: VolumeId = V1) -> TaskInfo:
    return replace(task(name, SMALL), volumes=(VolumeMount(volume, "data"),))
