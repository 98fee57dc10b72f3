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
            tasks, free = [], offer.resources
            while self.waiting and NEED in free:
                tasks.append(sdk.TaskInfo(self.waiting.pop(), "hello", NEED, HELLO))
                free = free - NEED
            driver.launch(offer, tasks)  # no tasks: the same as driver.decline(offer)

    def status_update(self, driver, status):
        if status.terminal:
            print(status.task_id, status.state, status.message)
            self.ended += 1
            if self.ended == 10:
                driver.stop()


master = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BARTER_MASTER", "127.0.0.1:5050")
sys.exit(sdk.MasterDriver(Hello(), sdk.FrameworkInfo("hello"), master).run())
