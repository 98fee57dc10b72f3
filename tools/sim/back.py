"""Whether somebody answers again who should lead, while another master holds a call in vain."""

from collections.abc import Callable

from barter.tools.sim.network import End, Network
from barter.tools.sim.world import SECOND_US

AGAIN_US = SECOND_US


class Back:
    """From its making until somebody answers at `address`: then `found` is called, unless it was cancelled before."""

    def __init__(self, network: Network, here: str, address: str, found: Callable[[], None]) -> None:
        self._network, self._here, self._address = network, here, address
        self._found = found
        self._over = False
        self._dial()

    def cancel(self) -> None:
        self._over = True

    def _dial(self) -> None:
        if not self._over:
            self._network.dial(self._here, self._address, self._opened, self._failed)

    def _opened(self, end: End) -> None:
        self._network.drop(end)
        if not self._over:
            self._over = True
            self._found()

    def _failed(self, _: str) -> None:
        self._network.world.after(AGAIN_US, self._dial)
