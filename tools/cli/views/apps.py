"""Apps, as the service framework tells them in Marathon's JSON; programs get that JSON as it is."""

from collections.abc import Iterator

from barter.core.units import format_bytes
from barter.tools.cli.output import Column, Row

MIB = 1 << 20

COLUMNS = (
    Column("APP", lambda row: row["id"]),
    Column("HEALTHY", lambda row: f"{ready(row)}/{row['instances']}", right=True),
    Column("RUNNING", lambda row: str(row.get("tasksRunning", 0)), right=True),
    Column("CPUS", lambda row: f"{row.get('cpus', 0):g}", right=True),
    Column("MEM", lambda row: format_bytes(int(row.get("mem", 0) * MIB)), right=True),
    Column("DEPLOYING", lambda row: "yes" if row.get("deployments") else "-"),
    Column("VERSION", lambda row: row.get("version", "")),
)

VERSION_COLUMNS = (
    Column("VERSION", lambda row: row["version"]),
    Column("", lambda row: "current" if row["current"] else ""),
)


def ready(app: Row) -> int:
    """Instances that serve: healthy ones, or running ones where the app has no health check."""
    return int(app.get("tasksHealthy" if app.get("healthChecks") else "tasksRunning", 0))


def progress(app: Row) -> str:
    """`"2/3 healthy, 1 starting"`."""
    parts = [f"{ready(app)}/{app['instances']} {'healthy' if app.get('healthChecks') else 'running'}"]
    if starting := app.get("tasksStaged", 0):
        parts.append(f"{starting} starting")
    if unhealthy := app.get("tasksUnhealthy", 0):
        parts.append(f"{unhealthy} unhealthy")
    if unready := sum(not each.get("ready") for each in app.get("readinessCheckResults") or ()):
        parts.append(f"{unready} not ready")
    return ", ".join(parts)


def lines(app: Row) -> Iterator[str]:
    """One app for people."""
    yield f"app         {app['id']}, version {app.get('version', '')}"
    yield f"state       {progress(app)}" + (", a deployment is on its way" if app.get("deployments") else "")
    if waiting := app.get("waiting"):
        yield f"waiting     {waiting}"
    yield f"runs        {app.get('cmd') or ' '.join(app.get('args') or ()) or 'the entry point of its image'}"
    if image := ((app.get("container") or {}).get("docker") or {}).get("image"):
        yield f"image       {image}"
    yield f"each        cpus={app.get('cpus', 0):g} mem={format_bytes(int(app.get('mem', 0) * MIB))}"
    if constraints := app.get("constraints"):
        yield "constraints " + ", ".join(" ".join(map(str, constraint)) for constraint in constraints)
    for task in app.get("tasks") or ():
        ports = ",".join(map(str, task.get("ports") or ())) or "-"
        yield f"  {task['id']}  {task.get('state', '')}  {task.get('host', '')}  {ports}"
    if failure := app.get("lastTaskFailure"):
        yield f"last failure {failure.get('taskId', '')}: {failure.get('state', '')} {failure.get('message', '')}"
