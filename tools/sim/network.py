"""Streams as gRPC gives them: ordered, and whole while they live; but they stall, break, and half of one may stay.

Lost packets show as a stall, because the transport sends them again; a stream that breaks loses what was on its way.
Messages of two streams overtake each other, which is how something of an older session comes late.
"""

from collections import deque
from collections.abc import Callable

from barter.tools.sim.world import World

Message = object
NEAR_US, FAR_US = (20, 80), (200, 2_000)
DIAL_TIMEOUT_US, DIAL_AGAIN_US = 5_000_000, 500_000
_FIN = object()


class End:
    """One side of a stream. Set `hear` and `ended` as soon as it is yours; `ended` is called once, unless you close."""

    def __init__(self, network: "Network", here: str, there: str) -> None:
        self._network = network
        self.here, self.there = here, there
        self.open = True
        self.broken = False
        self.hear: Callable[[Message], None] = _unheard
        self.ended: Callable[[str], None] = _unheard
        self.peer: End
        self.not_before_us = 0
        self._way: deque[tuple[int, Message]] = deque()
        self._planned = False
        self.twin: End | None = None

    def send(self, message: Message) -> None:
        """On its way, behind what was sent before; a stream that is gone takes it and loses it."""
        if not self.open or self.broken:
            return
        if self.twin is not None:
            twin, self.twin = self.twin, None
            twin.send(message)
        network = self._network
        self.not_before_us = max(network.world.now_us + network.delay_us(self.here, self.there), self.not_before_us)
        self._way.append((self.not_before_us, message))
        self.deliver_later()

    def close(self) -> None:
        """End it in good order: the peer hears all that was sent, then that it ended."""
        if self.open:
            self.send(_FIN)
            self.open = False

    def lose(self, kept: int) -> None:
        """Of what is on its way from here only the first `kept` messages arrive."""
        while len(self._way) > kept:
            self._way.pop()

    def snap(self) -> None:
        """Nothing that is on its way from here arrives, nor what is sent after it."""
        self.broken = True
        self._way.clear()

    def stall(self, us: int) -> None:
        """What is on its way, and all that follows, comes this much later."""
        self._way = deque((at + us, message) for at, message in self._way)
        self.not_before_us = max(self.not_before_us, self._network.world.now_us) + us
        self._planned = False
        self.deliver_later()

    @property
    def on_the_way(self) -> int:
        return len(self._way)

    def deliver_later(self) -> None:
        if self._way and not self._planned:
            self._planned = True
            self._network.world.at(self._way[0][0], self._deliver)

    def _deliver(self) -> None:
        self._planned = False
        if self._network.is_cut(self.here, self.there):
            self._network.hold(self)
            return
        now = self._network.world.now_us
        way, peer = self._way, self.peer
        while way and way[0][0] <= now:
            _, message = way.popleft()
            if not peer.open:
                way.clear()
            elif message is _FIN:
                peer.gone("the other side ended it")
            else:
                peer.hear(message)
        self.deliver_later()

    def gone(self, reason: str) -> None:
        """This side learns that the stream is no more."""
        if self.open:
            self.open = False
            self._network.forget(self)
            self.ended(reason)


def _unheard(_: object) -> None:
    """Before somebody listens."""


class Network:
    """Between hosts that are known by name; within a host nothing is ever cut."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ends: dict[End, None] = {}
        self.slowness: dict[str, int] = {}
        self._rng = world.random("network")
        self._hosts: dict[str, str] = {}
        self._listening: dict[str, tuple[Callable[[End], None], Callable[[], int]]] = {}
        self._cuts: dict[tuple[str, str], int] = {}
        self._held: dict[End, None] = {}
        self._twice: set[str] = set()

    def delay_us(self, here: str, there: str) -> int:
        low, high = NEAR_US if here == there else FAR_US
        delay = low + int(self._rng.random() * (high - low))
        if self.slowness:
            delay *= max(self.slowness.get(here, 1), self.slowness.get(there, 1))
        return delay

    def listen(
        self, address: str, host: str, accept: Callable[[End], None], idle_until_us: Callable[[], int] = lambda: 0
    ) -> None:
        """`idle_until_us`: a listener that has no processor until then lets nobody in before; its kernel does not."""
        self._hosts[address] = host
        self._listening[address] = accept, idle_until_us

    def deafen(self, address: str) -> None:
        """Nobody listens there any more."""
        self._listening.pop(address, None)

    def dial(
        self,
        here: str,
        address: str,
        opened: Callable[[End], None],
        failed: Callable[[str], None],
        patience_us: int = DIAL_TIMEOUT_US,
    ) -> None:
        """Either `opened` with this side's end, or `failed` with the reason, within about `patience_us`."""
        world = self.world
        there = self._hosts.get(address, "")
        latest_us = world.now_us + patience_us

        def arrive() -> None:
            listener = self._listening.get(address)
            if self._is_cut_both(here, there):
                again(world.now_us + DIAL_AGAIN_US)
            elif listener is None:
                world.after(self.delay_us(there, here), lambda: failed("connection refused"))
            elif listener[1]() > world.now_us:
                again(listener[1]())
            else:
                self._connect(here, there, listener[0], opened, failed)

        def again(us: int) -> None:
            if us < latest_us:
                world.at(us, arrive)
            else:
                world.at(latest_us, lambda: failed("nobody answers there"))

        world.after(self.delay_us(here, there), arrive)

    def dial_twice(self, here: str) -> None:
        """The next dial from this host to another arrives twice: of the other stream only the first message comes."""
        self._twice.add(here)

    def calm(self) -> None:
        """No dial arrives twice that has not begun."""
        self._twice.clear()

    def _connect(
        self,
        here: str,
        there: str,
        accept: Callable[[End], None],
        opened: Callable[[End], None],
        failed: Callable[[str], None],
    ) -> None:
        mine, theirs = self._pair(here, there)
        answer_us = theirs.not_before_us = self.world.now_us + self.delay_us(there, here)
        accept(theirs)
        if here != there and here in self._twice:
            self._twice.discard(here)
            mine.twin, other = self._pair(here, there)
            accept(other)

        def answered() -> None:
            if mine.open:
                opened(mine)
            else:
                failed("the other side ended it")

        self.world.at(answer_us, answered)

    def _pair(self, here: str, there: str) -> tuple[End, End]:
        mine, theirs = End(self, here, there), End(self, there, here)
        mine.peer, theirs.peer = theirs, mine
        self.ends[mine] = self.ends[theirs] = None
        return mine, theirs

    def drop(self, end: End, *, told: bool = True, kept: int | None = None) -> None:
        """The process at this end is gone, or gives the stream up: it hears nothing more of it.

        The other side is told after what was on its way (its first `kept` messages), or never.
        """
        if not end.open:
            return
        if kept is not None:
            end.lose(kept)
        if told:
            end.close()
        else:
            end.snap()
        end.open = False
        self.forget(end)

    def break_off(self, end: End, reason: str, *, far_side: bool = True) -> None:
        """The stream breaks: nothing passes any more; `far_side`: whether the other end learns of it."""
        end.snap()
        end.peer.snap()
        if far_side:
            self.world.after(self.delay_us(end.here, end.there), lambda: end.peer.gone(reason))
        self.world.after(self.delay_us(end.there, end.here), lambda: end.gone(reason))

    def unplug(self, host: str) -> None:
        """Its machine is gone: all its streams are lost, and the far ends are not told."""
        for end in [end for end in self.ends if end.here == host and end.there != host]:
            self.drop(end, told=False)

    def forget(self, end: End) -> None:
        self.ends.pop(end, None)

    # Partitions.

    def cut(self, here: str, there: str) -> None:
        """From now on nothing gets from `here` to `there`; what is sent meanwhile comes when it is mended."""
        self._cuts[here, there] = self._cuts.get((here, there), 0) + 1

    def mend(self, here: str, there: str) -> None:
        left = self._cuts[here, there] - 1
        if left:
            self._cuts[here, there] = left
            return
        del self._cuts[here, there]
        for end in [end for end in self._held if (end.here, end.there) == (here, there)]:
            del self._held[end]
            end.deliver_later()

    def is_cut(self, here: str, there: str) -> bool:
        return bool(self._cuts) and (here, there) in self._cuts

    def _is_cut_both(self, here: str, there: str) -> bool:
        return self.is_cut(here, there) or self.is_cut(there, here)

    def hold(self, end: End) -> None:
        self._held[end] = None
