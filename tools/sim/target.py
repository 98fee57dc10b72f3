"""What a campaign runs: Barter's own frameworks, or an author's."""

from barter.tools.sim.population import Populate

USUAL = ""


def populate_of(target: str) -> Populate:
    """Of an empty target the usual workloads, else of the scheduler it names, `module:Class`; raises NoScheduler."""
    if target == USUAL:
        from barter.tools.sim.usual import Usual

        return Usual
    from barter.sdk.testing.program import populate_with

    return populate_with(target)
