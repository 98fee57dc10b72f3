"""Launches ten tasks and prints their end: python examples/hello_framework.py [MASTER]"""

import os
import sys

from barter import sdk

NEED = sdk.resources(cpus=100, mem=32 * sdk.MIB)  # a tenth of a cpu each
HELLO = sdk.Command(shell="echo hello from $BARTER_TASK_ID")


class Hello(sdk.Scheduler):
    waiting, ended = [sdk.TaskId(f"hello-{n}") for n in range(10)], 0

    def resource_offers(self, driver, offers):
        for offer in offers:
            count = min(len(self.waiting), *(offer.resources.scalars.get(k, 0) // n for k, n in NEED.scalars.items()))
            driver.launch(offer, [sdk.TaskInfo(self.waiting.pop(), "hello", NEED, HELLO) for _ in range(count)])

    def status_update(self, driver, status):
        if status.terminal:
            print(status.task_id, status.state, status.message)
            self.ended += 1
            if self.ended == 10:
                driver.stop()


if __name__ == "__main__":
    master = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BARTER_MASTER", "127.0.0.1:5050")
    sys.exit(sdk.MasterDriver(Hello(), sdk.FrameworkInfo("hello"), master).run())
