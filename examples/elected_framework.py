"""Keeps one task running, from as many processes as you start: python examples/elected_framework.py ZK_URL [MASTERS]

One of them leads; end it as you like, and another goes on with the same task.
"""

import sys

from barter import sdk

NEED = sdk.resources(cpus=100, mem=32 * sdk.MIB)
CLOCK = sdk.Command(shell="while date; do sleep 1; done")


class Clock(sdk.Scheduler):
    def __init__(self, store):
        self.store = store
        self.number = int(store.get("number") or 0)  # of the last launch, by whichever process it was
        self.needed = self.number == 0

    def registered(self, driver, framework_id):
        print(f"leads, as {framework_id}; {'no task yet' if self.needed else f'the task is clock-{self.number}'}")
        if not self.needed:
            driver.reconcile([sdk.TaskId(f"clock-{self.number}")])

    def resource_offers(self, driver, offers):
        for offer in offers:
            tasks = []
            if self.needed and NEED in offer.resources:
                self.number, self.needed = self.number + 1, False
                self.store.set("number", str(self.number).encode())  # durable before anything is launched by it
                tasks = [sdk.TaskInfo(sdk.TaskId(f"clock-{self.number}"), "clock", NEED, CLOCK)]
            driver.launch(offer, tasks)

    def status_update(self, driver, status):
        print(status.task_id, status.state, status.message)
        if status.terminal and status.task_id == f"clock-{self.number}":
            self.needed = True
            driver.revive()


def make(store):
    """Called in the process that leads, with what those before it have written down."""
    return sdk.MasterDriver(Clock(store), sdk.FrameworkInfo("clock"), MASTERS, store=store)


if __name__ == "__main__":
    MASTERS = sys.argv[2] if len(sys.argv) > 2 else sys.argv[1]
    sys.exit(sdk.run_elected(sys.argv[1], "clock", make))
