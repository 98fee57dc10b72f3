"""A failing seed, made smaller before anybody looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass

from barter.tools.sim.population import Populate
from barter.tools.sim.seed import Outcome, Plan, Run
from barter.tools.sim.shrink import shrink

MOST_TRIES = 80


@dataclass(frozen=True, slots=True)
class Failing:
    """`kept` numbers the deeds of the seed with which the same checker fails; `outcome` is of a run with them."""

    outcome: Outcome
    drawn: int
    kept: tuple[int, ...]


def smaller(outcome: Outcome, plan: Plan, populate: Populate, most_tries: int = MOST_TRIES) -> Failing:
    """Those that come after the violation go first; then what the violation does not need."""
    violation = outcome.violation
    assert violation is not None
    last = outcome

    def fails(some: Sequence[int]) -> bool:
        nonlocal last
        again = Run(outcome.seed, plan, populate).play(frozenset(some))
        same = again.violation is not None and again.violation.checker == violation.checker
        if same:
            last = again
        return same

    deeds = Run(outcome.seed, plan, populate).deeds
    before = [number for number, deed in enumerate(deeds) if deed.at_us <= violation.at_us]
    kept = shrink(before if fails(before) else list(range(len(deeds))), fails, most_tries)
    return Failing(last, len(deeds), tuple(kept))
