"""How a master stands among the others, for operators."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rival:
    """A candidate of the election, this master among them; addresses are HOST:PORT, as others are told."""

    grpc: str
    http: str
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """`masters`: all candidates, the leader first. `zookeeper`: how it is, in words; both empty for one alone."""

    masters: tuple[Rival, ...] = ()
    zookeeper: str = ""


def alone() -> Standing:
    return Standing()
