"""The engine directly: the floor under containers, and a small image made of the machine's static busybox."""

import contextlib
import io
import os
import shutil
import tarfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import docker
from docker.errors import DockerException
from docker.models.containers import Container

from barter.tools.bench.measure import BenchFailed

IMAGE = "barter-bench/busybox:1"
AT_A_TIME = 8
SLEEP = ("/bin/busybox", "sleep", "600")


@contextlib.contextmanager
def engine() -> Iterator[docker.DockerClient]:
    """The engine DOCKER_HOST names; raises BenchFailed where none answers."""
    client = None
    try:
        client = docker.DockerClient(
            base_url=os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"),
            version="auto",
            max_pool_size=AT_A_TIME,
        )
        client.ping()
    except (DockerException, OSError) as error:
        raise BenchFailed(f"no Docker Engine answers ({error}): start one, or name it in DOCKER_HOST") from None
    try:
        yield client
    finally:
        client.close()


def ensure_image(client: docker.DockerClient, image: str) -> str:
    """The name of an image to run; the default is imported from busybox when it is missing."""
    if image:
        return image
    if not client.images.list(name=IMAGE):
        client.api.import_image_from_data(_busybox_tar(), repository=IMAGE.split(":")[0], tag=IMAGE.split(":")[1])
    return IMAGE


def start_seconds(client: docker.DockerClient, image: str, count: int) -> float:
    """Seconds to create and start `count` containers on the host's network, eight at a time; they are removed after."""
    prefix = f"barter-bench-{uuid.uuid4().hex[:8]}"

    def start(number: int) -> Container:
        container = client.containers.create(image, list(SLEEP), name=f"{prefix}-{number}", network_mode="host")
        container.start()
        return container

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        begin = time.perf_counter()
        containers = list(pool.map(start, range(count)))
        seconds = time.perf_counter() - begin
        list(pool.map(lambda container: container.remove(force=True), containers))
    return seconds


def _busybox_tar() -> bytes:
    busybox = shutil.which("busybox")
    if busybox is None:
        raise BenchFailed("no busybox to make an image of: install busybox-static, or name one with --image")
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.add(os.path.realpath(busybox), "bin/busybox")
        for link in ("sh", "sleep", "true"):
            entry = tarfile.TarInfo(f"bin/{link}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return content.getvalue()
