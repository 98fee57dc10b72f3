"""Keeps five workers up, second try: one that ended is launched again. python examples/testing/step2.py [MASTER]"""

import sys

from barter import sdk

WANTED = 5
NEED = sdk.resources(cpus=500, mem=64 * sdk.MIB)
WORK = sdk.Command(shell="sleep infinity")


class Workers(sdk.Scheduler):
    def __init__(self):
        self.waiting = [sdk.TaskId(f"worker-{n}") for n in range(WANTED)]

    def resource_offers(self, driver, offers):
        for offer in offers:
            fit = min(offer.resources.scalars.get(kind, 0) // amount for kind, amount in NEED.scalars.items())
            count = min(fit, len(self.waiting))
            driver.launch(offer, [sdk.TaskInfo(self.waiting.pop(), "worker", NEED, WORK) for _ in range(count)])

    def status_update(self, driver, status):
        if status.terminal:
            self.waiting.append(status.task_id)


def settled(cluster):
    running = len(cluster.running())
    assert running == WANTED, f"{running} of {WANTED} workers run"


if __name__ == "__main__":
    master = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:5050"
    sys.exit(sdk.MasterDriver(Workers(), sdk.FrameworkInfo("workers"), master).run())
