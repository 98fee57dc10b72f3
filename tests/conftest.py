"""For every test: the quick ones first, and one line at the end for what this machine could not have."""

import signal

import pytest
from hypothesis import settings

# How long an example takes depends on who else uses the machine.
settings.register_profile("barter", deadline=None, print_blob=True)
settings.load_profile("barter")

# A run started in the background ignores Ctrl-C, and so would every process it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("integration") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", ()):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        terminalreporter.write_line(
            "could not have: " + "; ".join(f"{reason} ({count} tests)" for reason, count in sorted(reasons.items()))
        )
