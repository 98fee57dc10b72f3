"""The allocator's bench measures what it says, on a small cluster."""

import xml.etree.ElementTree as ElementTree

from barter.tools.bench import allocator
from barter.tools.bench.allocator_plot import Curve, svg


def test_every_metric_is_there_with_its_floor() -> None:
    results = {each.metric: each for each in allocator.run(120, 10, 0, lambda line: None)}
    assert list(results) == [
        "full_pass",
        "decline_round_worst",
        "idle_round",
        "event_median",
        "demand_pass",
        "agent_memory",
    ]
    assert {each.unit for each in results.values()} == {"s", "B"}
    assert all(each.floor is not None for each in results.values())


def test_every_framework_declines_until_nothing_is_left_to_offer_unless_rounds_are_fewer() -> None:
    said: list[str] = []
    allocator.run(40, 30, 0, said.append)
    rounds = [line for line in said if line.startswith("round ")]
    assert rounds
    said.clear()
    allocator.run(40, 30, 5, said.append)
    assert not any(line.startswith("round ") for line in said)


def test_a_plot_is_a_picture_with_both_curves() -> None:
    curves = (Curve("a full pass", ((100, 0.001), (10_000, 0.1))), Curve("one event", ((100, 1e-4), (10_000, 1.1e-4))))
    picture = ElementTree.fromstring(svg(curves, "agents", "some machine"))
    texts = [each.text for each in picture.iter() if each.tag.endswith("text")]
    assert {"a full pass", "one event", "agents", "10,000", "100 ms"} <= set(texts)
