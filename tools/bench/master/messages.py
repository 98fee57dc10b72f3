"""What simulated agents and frameworks say, as bytes: made before the clock runs, so that making them is not timed."""

from collections.abc import Iterable, Sequence

from barter.core.units import GIB, MIB
from barter.proto.v1 import agent_pb2, scheduler_pb2, types_pb2

SHAPES = ((100, 64), (100, 128), (250, 256), (500, 512), (1_000, 1_024))
ZONES = "abc"
AGENTS_PER_APP = 50
HEARTBEAT = agent_pb2.AgentCall(heartbeat=agent_pb2.AgentCall.Heartbeat()).SerializeToString()
SHORT_TASK = types_pb2.Resources(scalars={"cpus": 100, "mem": 32 * MIB})


def register(agent_id: str, number: int, tasks: int, frameworks: Sequence[str]) -> bytes:
    """A registration with running tasks as services have them: an environment, labels, every other with a port."""
    call = agent_pb2.AgentCall()
    agent = call.register.agent
    agent.agent_id, agent.hostname, agent.host = agent_id, f"host-{number}.example", "127.0.0.1"
    agent.resources.scalars.update({"cpus": max(32_000, tasks * 1_000), "mem": 128 * GIB, "disk": 1024 * GIB})
    agent.resources.ranges["ports"].ranges.add(low=31_000, high=32_000)
    agent.attributes.update({"zone": ZONES[number % len(ZONES)], "rack": f"r{number % 100}"})
    agent.runtimes.extend(["docker", "process"])
    agent.node_address = f"127.0.0.1:{1024 + number}"
    for index in range(tasks):
        told = call.register.tasks.add(framework_id=frameworks[(number + index) % len(frameworks)])
        _describe(told.task, f"task-{number}-{index}", f"app-{number // AGENTS_PER_APP}-{index}", index)
        told.status.CopyFrom(status(told.task.task_id, agent_id, "TASK_RUNNING", ""))
    return call.SerializeToString()


def _describe(task: types_pb2.TaskInfo, task_id: str, app: str, index: int) -> None:
    cpus, mem = SHAPES[index % len(SHAPES)]
    task.task_id, task.name, task.kill_grace_ms = task_id, app, 3_000
    task.resources.scalars.update({"cpus": cpus, "mem": mem * MIB})
    task.command.shell = "exec /srv/app/bin/server --listen 0.0.0.0:$PORT0"
    task.command.env.update({"APP_ID": f"/shop/{app}", "LOG_LEVEL": "info", "REGION": "eu-1"})
    task.labels.update({"team": "shop", "version": "42"})
    task.demand_id = app
    task.role = "*"
    if index % 2:
        port = 31_000 + index
        task.resources.ranges["ports"].ranges.add(low=port, high=port)
        task.ports.add(name="http", number=port, protocol="tcp", service_id=f"/shop/{app}")


def status(task_id: str, agent_id: str, state: str, uuid: str) -> types_pb2.TaskStatus:
    return types_pb2.TaskStatus(
        task_id=task_id, state=state, source="executor", timestamp_ms=1, uuid=uuid, agent_id=agent_id
    )


def subscribe(name: str) -> bytes:
    framework = types_pb2.FrameworkInfo(name=name, roles=["*"], failover_timeout_ms=60_000)
    call = scheduler_pb2.SchedulerCall(subscribe={"framework": framework, "demands_only": True})
    return call.SerializeToString()


def demand(demand_id: str, count: int, zone: str) -> types_pb2.Demand:
    """So many short tasks; in a zone, where one is named."""
    constraints = [types_pb2.Constraint(field="zone", operator="IS", value=zone)] if zone else []
    return types_pb2.Demand(
        demand_id=demand_id, resources=SHORT_TASK, count=count, role="*", constraints=constraints, runtime="process"
    )


def set_demands(demands: Iterable[types_pb2.Demand]) -> bytes:
    return scheduler_pb2.SchedulerCall(demands={"demands": list(demands)}).SerializeToString()


def launch(offer: types_pb2.Offer, task_ids: Sequence[str]) -> bytes:
    tasks = [
        types_pb2.TaskInfo(
            task_id=task_id,
            name="short",
            resources=SHORT_TASK,
            command=types_pb2.Command(argv=["/bin/true"]),
            demand_id=offer.demand_id,
        )
        for task_id in task_ids
    ]
    accept = scheduler_pb2.SchedulerCall.Accept(
        offer_ids=[offer.offer_id], launch=tasks, filters=types_pb2.Filters(refuse_ms=0)
    )
    return scheduler_pb2.SchedulerCall(accept=accept).SerializeToString()
