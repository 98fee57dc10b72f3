"""Metrics as JSON, in the shape of Dropwizard's, which tools for Marathon read."""

import math
from collections.abc import Iterator

from prometheus_client import CollectorRegistry


def metrics_json(registry: CollectorRegistry) -> dict[str, object]:
    """Counters as such, and all else as gauges, each under its name and labels: `ready{app=/web}`."""
    samples = list(_samples(registry))
    return {
        "version": "4.0.0",
        "counters": {name: {"count": int(value)} for kind, name, value in samples if kind == "counter"},
        "gauges": {name: {"value": value} for kind, name, value in samples if kind != "counter"},
        "histograms": {},
        "meters": {},
        "timers": {},
    }


def _samples(registry: CollectorRegistry) -> Iterator[tuple[str, str, float]]:
    """Type, name and value; JSON has no word for what is not finite."""
    for family in registry.collect():
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
            if math.isfinite(sample.value) and not sample.name.endswith("_created"):
                yield family.type, f"{sample.name}{{{labels}}}" if labels else sample.name, sample.value
