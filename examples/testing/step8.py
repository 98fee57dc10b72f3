"""Keeps five workers up, eighth try: asks for offers when it lacks some. python examples/testing/step8.py [MASTER]"""

import sys

from barter import sdk

WANTED = 5
NEED = sdk.resources(cpus=500, mem=64 * sdk.MIB)
WORK = sdk.Command(shell="sleep infinity")
LAUNCHED, ALIVE = "workers/launched", "workers/alive/"


class Workers(sdk.Scheduler):
    def __init__(self, store):
        self.store = store
        self.launched = int(store.get(LAUNCHED) or 0)
        self.alive = {sdk.TaskId(key.removeprefix(ALIVE)): sdk.TaskState.STAGING for key in store.keys(ALIVE)}

    def registered(self, driver, framework_id):
        if self.alive:
            driver.reconcile(self.alive)
        self.balance(driver)

    def serving(self):
        away = [sdk.TaskState.UNREACHABLE, sdk.TaskState.KILLING]
        return [task_id for task_id, state in self.alive.items() if state not in away]

    def balance(self, driver):
        for task_id in self.serving()[WANTED:]:
            self.alive[task_id] = sdk.TaskState.KILLING
            driver.kill(task_id)
        if len(self.serving()) < WANTED:
            driver.revive()
        else:
            driver.suppress()

    def resource_offers(self, driver, offers):
        for offer in offers:
            fit = min(offer.resources.scalars.get(kind, 0) // amount for kind, amount in NEED.scalars.items())
            count = max(min(fit, WANTED - len(self.serving())), 0)
            driver.launch(offer, [self.new_task() for _ in range(count)])
        if len(self.serving()) >= WANTED:
            driver.suppress()

    def new_task(self):
        self.launched += 1
        self.store.set(LAUNCHED, str(self.launched).encode())
        task = sdk.TaskInfo(sdk.TaskId(f"worker-{self.launched}"), "worker", NEED, WORK)
        self.store.set(ALIVE + task.task_id, b"")
        self.alive[task.task_id] = sdk.TaskState.STAGING
        return task

    def status_update(self, driver, status):
        if status.terminal:
            self.alive.pop(status.task_id, None)
            self.store.delete(ALIVE + status.task_id)
        elif self.alive.get(status.task_id) is not sdk.TaskState.KILLING:
            self.alive[status.task_id] = status.state
        self.balance(driver)


def settled(cluster):
    running = len(cluster.running())
    assert running == WANTED, f"{running} of {WANTED} workers run"


if __name__ == "__main__":
    master = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:5050"
    store = sdk.SqliteStore("workers.db")
    sys.exit(sdk.MasterDriver(Workers(store), sdk.FrameworkInfo("workers"), master, store=store).run())
