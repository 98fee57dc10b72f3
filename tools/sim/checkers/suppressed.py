"""A framework that wants no offers for a role gets none."""

from collections.abc import Sequence
from typing import Any

from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers, Subscribed
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

FIRST = ev.Subscribe | ev.SetServices | ev.SetDemands | ev.FrameworkDisconnected


class Suppressed(Checker):
    """A process that asked to be suppressed for a role, and not for offers since, is so in all its later sessions: on a
    session of it that a master began after the wish, no offers for that role are sent once that master has heard
    anything of the framework there but its services and demands, which it tells first.
    """

    name = "suppressed"

    def __init__(self) -> None:
        super().__init__()
        self._began_us: dict[int, tuple[SimFramework, int, int]] = {}
        self._heard: set[int] = set()

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._began_us.clear()
            self._heard.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for event in events:
            if isinstance(event, ev.FrameworkEvent) and not isinstance(event, FIRST):
                self._heard.add(event.session)
        for action in actions:
            match action:
                case act.SendToFramework(session, framework_id, Subscribed()):
                    for framework in self.cluster.frameworks.values():
                        if framework.up and framework.driver.framework_id == framework_id:
                            self._began_us[session] = (framework, framework.life, master.world.now_us)
                case act.SendToFramework(session, _, Offers(offers)) if session in self._heard:
                    for role in dict.fromkeys(offer.role for offer in offers) if session in self._began_us else ():
                        self._judge(session, role, *self._began_us[session])
                case _:
                    pass

    def _judge(self, session: int, role: str, framework: SimFramework, life: int, began_us: int) -> None:
        since_us = framework.driver.suppressed_us.get(role)
        if framework.life == life and since_us is not None and since_us < began_us:
            who = f"{framework.name} ({framework.driver.framework_id})"
            what = f"{who} is offered something for {role} on session {session}"
            self.fail(f"{what}, begun at {began_us / 1e6:.3f} s, and wants no offers since {since_us / 1e6:.3f} s")
