"""An explanation as an operator reads it: the answer, the chain, the agents, what would help, what happened."""

from collections.abc import Iterable, Iterator

from barter.core.units import format_bytes
from barter.tools.cli.output import Row
from barter.tools.cli.views import events, resources
from barter.tools.cli.views.times import age, clock_time

GROUPS_SHOWN = 8


def lines(view: Row, *, every_agent: bool = False) -> Iterator[str]:
    """With `every_agent` also what each filter says of each."""
    yield f"{view['kind']} {view['subject']}: {view['summary']}"
    if view["waiting_since_ms"]:
        yield f"it waits since {clock_time(view['waiting_since_ms'])}, for {age(view['waiting_since_ms'])}"
    if view["impossible"] and view["impossible"] not in view["summary"]:
        yield view["impossible"]
    if view["framework"]:
        yield f"\nframework {view['framework_id']}".rstrip()
        yield from _verdicts(view["framework"])
    yield from _agents(view)
    for agent in view["agents"] if every_agent or not view["groups"] else ():
        yield f"\nagent {agent['hostname']} ({agent['agent_id']}): {'fits' if agent['fits'] else 'does not fit'}"
        yield from _verdicts(agent["verdicts"])
    if view["changes"]:
        yield "\nwhat would place it"
        yield from (f"  {number}. {change}" for number, change in enumerate(view["changes"], 1))
    if view["history"]:
        yield "\nso far"
        yield from (f"  {events.line(event)}" for event in view["history"])


def _agents(view: Row) -> Iterator[str]:
    known = view["agents_known"]
    if not known and not view["groups"]:
        return
    yield f"\nagents: {', '.join(map(_state, view['states'])) or known}"
    yield f"  {view['agents_fitting']} of {known} fit"
    for reason in view["reasons"]:
        alone = f"; only that on {reason['alone']}" if 0 < reason["alone"] < reason["agents"] else ""
        yield f"  {reason['agents']} of {known} do not: {reason['filter']}: {_findings(reason)}{alone}"
    yield from (f"  {_piece(piece)}" for piece in view["largest"])
    if len(view["groups"]) > 1:
        yield "  together"
        for group in view["groups"][:GROUPS_SHOWN]:
            why = " + ".join(group["failing"]) or "fits"
            more = ", ..." if group["agents"] > len(group["examples"]) else ""
            yield f"    {group['agents']:>5}  {why}  ({', '.join(group['examples'])}{more})"
        if len(view["groups"]) > GROUPS_SHOWN:
            yield f"    and {len(view['groups']) - GROUPS_SHOWN} more kinds: --agents lists every agent"


def _state(state: Row) -> str:
    until = f" until {clock_time(state['until_ms'])}" if state["until_ms"] else ""
    names = ", ".join(state["examples"])
    who = (
        f" ({names}{', ...' if state['agents'] > len(state['examples']) else ''})" if state["state"] != "active" else ""
    )
    return f"{state['agents']} {state['state']}{until}{who}"


def _findings(reason: Row) -> str:
    found = reason["findings"]
    if len(found) == 1:
        return str(found[0]["found"])
    said = ", ".join(f"{each['found']} ({each['agents']})" for each in found)
    others = reason["agents"] - sum(each["agents"] for each in found)
    return f"{said}, other ({others})" if others > 0 else said


def _piece(piece: Row) -> str:
    held = [f"{name}={_amount(name, amount)}" for name, amount in piece["free"].items() if name != "ports" and amount]
    if piece["ports"]:
        held.append(f"{piece['ports']} ports")
    where = (
        f" in {'slack' if piece['source'] == 'revocable' else 'reservation ' + piece['source']}"
        if piece["source"]
        else ""
    )
    among = " of the agents that all else allows" if piece["allowed"] else ""
    return f"largest free piece{among}: {' '.join(held) or 'nothing'}{where} on {piece['hostname']}"


def _amount(name: str, amount: float) -> str:
    return format_bytes(int(amount)) if name in resources.BYTES else f"{amount:g}"


def _verdicts(verdicts: Iterable[Row]) -> Iterator[str]:
    for verdict in verdicts:
        yield f"  {'yes' if verdict['passed'] else 'NO ':3} {verdict['filter']}: {verdict['detail']}".rstrip(": ")
