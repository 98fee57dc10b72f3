"""A network of their own for ZooKeeper's servers: each in a namespace, so that packets between two can be lost."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable

PATIENCE_S = 10


class Network:
    """`make` it first; it needs root, and says why where it cannot be had. Servers are counted from 0."""

    def __init__(self, size: int) -> None:
        tag = secrets.token_hex(3)
        self._prefix = f"10.{secrets.randbelow(50) + 200}.{secrets.randbelow(250)}"
        self._bridge = f"bf{tag}"
        self._names = [f"bf{tag}n{number}" for number in range(size)]
        self._lost: set[tuple[int, int]] = set()

    def host(self, number: int) -> str:
        return f"{self._prefix}.{number + 1}"

    def command(self, number: int, words: Iterable[str]) -> list[str]:
        """What runs these words where that server is."""
        return ["ip", "netns", "exec", self._names[number], *words]

    def make(self) -> str:
        """Why it cannot be, or nothing."""
        if os.geteuid() != 0 or shutil.which("ip") is None:
            return "namespaces need root and ip"
        try:
            _ip(f"link add name {self._bridge} type bridge")
            _ip(f"addr add {self._prefix}.254/24 dev {self._bridge}")
            _ip(f"link set {self._bridge} up")
            for number, name in enumerate(self._names):
                end = f"{self._bridge}v{number}"
                _ip(f"netns add {name}")
                _ip(f"link add {end} type veth peer name eth0 netns {name}")
                _ip(f"link set {end} master {self._bridge} up")
                _ip(f"-n {name} addr add {self.host(number)}/24 dev eth0")
                _ip(f"-n {name} link set eth0 up")
                _ip(f"-n {name} link set lo up")
            subprocess.run(self.command(0, ["true"]), check=True, capture_output=True, timeout=PATIENCE_S)
        except (OSError, subprocess.SubprocessError) as error:
            self.remove()
            return f"no namespaces here: {getattr(error, 'stderr', b'') or error}"
        return ""

    def lose(self, ways: Iterable[tuple[int, int]]) -> None:
        """From now on no packet of the first of each pair comes to the second."""
        for pair in ways:
            sender, receiver = pair
            if pair not in self._lost:
                self._lost.add(pair)
                _ip(f"-n {self._names[sender]} route add blackhole {self.host(receiver)}/32")

    def heal(self) -> None:
        for sender, receiver in self._lost:
            _ip(f"-n {self._names[sender]} route del blackhole {self.host(receiver)}/32")
        self._lost.clear()

    def remove(self) -> None:
        """As much of it as there is."""
        for name in self._names:
            _ip(f"netns del {name}", check=False)
        for number in range(len(self._names)):
            _ip(f"link del {self._bridge}v{number}", check=False)
        _ip(f"link del {self._bridge}", check=False)


def _ip(words: str, *, check: bool = True) -> None:
    subprocess.run(["ip", *words.split()], check=check, capture_output=True, timeout=PATIENCE_S)
