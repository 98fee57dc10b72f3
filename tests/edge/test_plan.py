"""A plan brings any slots to any targets; slots are never shared; what HAProxy answers is understood."""

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.edge.model import Address, Targets
from barter.agent.edge.plan import AddSlot, SetAddress, SetState, SetWeight, apply, plan
from barter.agent.edge.shell.runtime_socket import first_failure
from barter.agent.edge.slots import FREE, Slot, Slots, SlotState, fill, parse_servers_state, pool_size
from barter.core.cluster import FULL_WEIGHT

ADDRESSES = st.builds(Address, st.sampled_from(["10.0.0.1", "10.0.0.2"]), st.integers(1, 12))
STATES = st.sampled_from(SlotState)


def _targets(active: frozenset[Address], draining: frozenset[Address], weights: dict[Address, int]) -> Targets:
    return Targets(
        active, draining - active, {address: weight for address, weight in weights.items() if address in active}
    )


TARGETS = st.builds(
    _targets,
    st.frozensets(ADDRESSES),
    st.frozensets(ADDRESSES),
    st.dictionaries(ADDRESSES, st.integers(1, 256).filter(lambda weight: weight != FULL_WEIGHT), max_size=4),
)
SLOTS = st.lists(st.tuples(ADDRESSES, STATES, st.integers(1, 256)), max_size=10).map(
    lambda pairs: {
        f"s{n}": Slot(f"s{n}", address, state, weight) for n, (address, state, weight) in enumerate(pairs, 1)
    }
)


def _in_state(slots: Slots, state: SlotState) -> list[Address]:
    return [slot.address for slot in slots.values() if slot.state is state]


@given(SLOTS, TARGETS)
def test_a_plan_reaches_the_targets_without_sharing_a_slot(slots: Slots, targets: Targets) -> None:
    draining_before = set(_in_state(slots, SlotState.READY) + _in_state(slots, SlotState.DRAIN)) & targets.draining
    for command in plan("b", targets, slots):
        match command:
            case SetAddress(slot=name):
                assert slots[name].state is SlotState.MAINT, "a slot in use never changes its address"
            case AddSlot(slot=name):
                assert name not in slots
            case SetState(slot=name) | SetWeight(slot=name):
                assert name in slots
        assert command.reason
        apply(command, slots)
        assert command.line().isprintable()
    assert sorted(_in_state(slots, SlotState.READY)) == sorted(targets.active)
    assert sorted(_in_state(slots, SlotState.DRAIN)) == sorted(draining_before)
    ready = [slot for slot in slots.values() if slot.state is SlotState.READY]
    assert all(slot.weight == targets.weight_of(slot.address) for slot in ready)
    assert plan("b", targets, slots) == []


@given(st.lists(TARGETS, max_size=6))
def test_a_story_of_targets_from_a_fresh_pool(story: list[Targets]) -> None:
    slots = fill()
    for targets in story:
        before = {slot.address for slot in slots.values() if slot.state is SlotState.READY}
        gone_first = False
        for command in plan("b", targets, slots):
            if isinstance(command, SetState) and command.state is not SlotState.READY:
                gone_first = True
            else:
                assert not gone_first, "new servers come before old ones go"
            apply(command, slots)
        stayed = {slot.address for slot in slots.values() if slot.state is SlotState.READY}
        assert before & targets.active <= stayed


def test_a_full_pool_grows_with_headroom() -> None:
    slots = fill(Targets(frozenset(Address("10.0.0.1", port) for port in range(1, 7))))
    assert len(slots) == 8
    targets = Targets(frozenset(Address("10.0.0.1", port) for port in range(1, 41)))
    commands = plan("b", targets, slots)
    assert commands[0].line() == "set server b/s7 addr 10.0.0.1 port 7"
    assert "add server b/s9 10.0.0.1:9 weight 100" in [command.line() for command in commands]
    for command in commands:
        apply(command, slots)
    assert len(slots) == 64
    assert slots["s64"] == Slot("s64", FREE, SlotState.MAINT)


def test_pools_are_powers_of_two() -> None:
    assert [pool_size(count) for count in (0, 1, 6, 7, 12, 13, 40, 100)] == [8, 8, 8, 16, 16, 32, 64, 128]


def test_the_servers_state_of_a_real_haproxy_is_read() -> None:
    state = """1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight \
srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state \
bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr \
srv_agent_port
4 web::http 1 s1 127.0.0.1 2 8 100 1 0 1 0 2 0 0 0 0 - 18101 - 0 0 - - 0
4 web::http 2 s2 ::1 2 4 37 1 0 1 0 0 8 0 0 0 - 18102 - 0 0 - - 0
4 web::http 3 s3 127.0.0.1 0 5 100 1 0 1 0 0 0 0 0 0 - 1 - 0 0 - - 0

"""
    assert parse_servers_state(state) == {
        "web::http": {
            "s1": Slot("s1", Address("127.0.0.1", 18101), SlotState.DRAIN),
            "s2": Slot("s2", Address("::1", 18102), SlotState.READY, 37),
            "s3": Slot("s3", FREE, SlotState.MAINT),
        }
    }


def test_the_first_failure_among_many_answers_is_found() -> None:
    commands = ["set addr", "set state", "set other", "add"]
    unchanged = "no need to change the addr, port changed from '1' to '2' by 'stats socket command'"
    good = f"{unchanged}\n\n\n\nNew server registered.\n\n"
    assert first_failure(commands, good) == ""
    assert first_failure(commands, f"{unchanged}\n\n\nNo such server.\n\n\n") == "set other: No such server."
    assert first_failure(commands, f"{unchanged}\n\n\n") == "set other: not answered"
    assert first_failure(commands, "") == "set addr: not answered"
