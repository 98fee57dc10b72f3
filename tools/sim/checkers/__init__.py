"""What must never be, each in a file of its own."""

from barter.tools.sim.checkers.acknowledged import Acknowledged
from barter.tools.sim.checkers.admission import Admission
from barter.tools.sim.checkers.agent_removals import AgentRemovals
from barter.tools.sim.checkers.answers import Answers
from barter.tools.sim.checkers.books import Books
from barter.tools.sim.checkers.busy_loop import BusyLoop
from barter.tools.sim.checkers.conservation import Conservation
from barter.tools.sim.checkers.convergence import Convergence
from barter.tools.sim.checkers.declined import Declined
from barter.tools.sim.checkers.drain import Drain
from barter.tools.sim.checkers.ended_tasks import EndedTasks
from barter.tools.sim.checkers.epochs import Epochs
from barter.tools.sim.checkers.filters import Filters
from barter.tools.sim.checkers.gone import Gone
from barter.tools.sim.checkers.graces import Graces
from barter.tools.sim.checkers.groups import Groups
from barter.tools.sim.checkers.guarantees import Guarantees
from barter.tools.sim.checkers.identity import Identity
from barter.tools.sim.checkers.kills import Kills
from barter.tools.sim.checkers.leader_writes import LeaderWrites
from barter.tools.sim.checkers.leftovers import Leftovers
from barter.tools.sim.checkers.lent import Lent
from barter.tools.sim.checkers.offer_used_once import OfferUsedOnce
from barter.tools.sim.checkers.offers_disjoint import OffersDisjoint
from barter.tools.sim.checkers.offers_expire import OffersExpire
from barter.tools.sim.checkers.offers_in_reach import OffersInReach
from barter.tools.sim.checkers.offers_wanted import OffersWanted
from barter.tools.sim.checkers.one_leader import OneLeader
from barter.tools.sim.checkers.one_session import OneSession
from barter.tools.sim.checkers.orphans import Orphans
from barter.tools.sim.checkers.preemption import Preemption
from barter.tools.sim.checkers.quota import Quota
from barter.tools.sim.checkers.removals import Removals
from barter.tools.sim.checkers.reservations import Reservations
from barter.tools.sim.checkers.returning import Returning
from barter.tools.sim.checkers.runs_once import RunsOnce
from barter.tools.sim.checkers.scheduler_errors import SchedulerErrors
from barter.tools.sim.checkers.set_roles import SetRoles
from barter.tools.sim.checkers.silent_agents import SilentAgents
from barter.tools.sim.checkers.starvation import Starvation
from barter.tools.sim.checkers.suppressed import Suppressed
from barter.tools.sim.checkers.task_ids import TaskIds
from barter.tools.sim.checkers.task_states import TaskStates
from barter.tools.sim.checkers.true_ends import TrueEnds
from barter.tools.sim.checkers.updates_kept import UpdatesKept
from barter.tools.sim.checkers.volumes import Volumes
from barter.tools.sim.observe import Observer


def general() -> list[Observer]:
    """Those that hold for any frameworks, fresh for one world."""
    books, declined, roles = Books(), Declined(), SetRoles()
    return [
        Conservation(books),
        OffersDisjoint(books),
        OfferUsedOnce(),
        OffersInReach(),
        OffersWanted(),
        OffersExpire(),
        Filters(declined),
        Quota(books, roles),
        Guarantees(books, roles),
        Preemption(books, roles),
        Starvation(books, declined, roles),
        Answers(),
        Reservations(books),
        Volumes(),
        Drain(),
        Gone(),
        Lent(books),
        Suppressed(),
        BusyLoop(),
        Admission(),
        Epochs(),
        LeaderWrites(),
        OneLeader(),
        OneSession(),
        SilentAgents(),
        Identity(),
        Removals(),
        AgentRemovals(),
        Returning(),
        TaskStates(),
        EndedTasks(),
        UpdatesKept(),
        Acknowledged(),
        TaskIds(),
        Kills(),
        Graces(),
        RunsOnce(),
        Groups(),
        TrueEnds(),
        SchedulerErrors(),
        Convergence(declined),
        Orphans(),
        Leftovers(),
    ]
