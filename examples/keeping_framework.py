"""Counts its own runs in a persistent volume: reserve disk, make the volume, run a task on it; again: one more."""

import os
import sys
from collections.abc import Sequence

from barter import sdk

RESERVATION, VOLUME = sdk.ReservationId("runs"), sdk.VolumeId("runs")
PART = sdk.resources(cpus=100, mem=32 * sdk.MIB, disk=sdk.GIB)
COUNT = "echo run >> kept/runs; wc -l < kept/runs > $BARTER_SANDBOX/stdout"


class Keeping(sdk.Scheduler):
    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        first, *others = sorted(offers, key=lambda offer: (VOLUME not in offer.volumes, offer.agent_id))
        mount = sdk.VolumeMount(VOLUME, "kept")
        need = sdk.resources(cpus=100, mem=32 * sdk.MIB)
        task_id = sdk.TaskId(f"run-{driver.now()}")
        task = sdk.TaskInfo(task_id, "count", need, sdk.Command(shell=COUNT), volumes=(mount,))
        make = (sdk.Reserve(RESERVATION, PART), sdk.CreateVolume(VOLUME, RESERVATION, sdk.GIB))
        driver.launch(first, [task], operations=make)
        for offer in others:
            driver.decline(offer)

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        print(status.task_id, status.state, status.message, flush=True)
        if status.terminal:
            driver.stop()

    def error(self, driver: sdk.Driver, message: str) -> None:
        print(message, flush=True)


if __name__ == "__main__":
    master = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BARTER_MASTER", "127.0.0.1:5050")
    sys.exit(sdk.MasterDriver(Keeping(), sdk.FrameworkInfo("keeping", roles=("keeping",)), master).run())
