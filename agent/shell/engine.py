"""Whether a Docker Engine answers here."""

import asyncio

from barter.shell.log import logger

PING_S = 2
RETRY_S = 2.0
_log = logger("agent")


def ping() -> str:
    """Empty when an engine answers, else why none does; blocks for PING_S at most per step."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=PING_S)
    except DockerException as error:
        return str(error)
    try:
        client.ping()
    except (DockerException, OSError) as error:
        return str(error)
    finally:
        client.close()
    return ""


async def answers() -> str:
    """As `ping`, without blocking the loop."""
    return await asyncio.to_thread(ping)


async def wait_for_engine() -> None:
    """Return once an engine answers; says once what is missing."""
    said = False
    while why := await answers():
        if not said:
            said = True
            _log.warning(
                "--runtime docker, but no Docker Engine answers: start dockerd (or set DOCKER_HOST), or use "
                "--runtime process; trying again every 2 s",
                why=why,
            )
        await asyncio.sleep(RETRY_S)
    if said:
        _log.info("the Docker Engine answers now")
