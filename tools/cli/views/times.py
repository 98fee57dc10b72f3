"""Times for people; programs get milliseconds."""

import time

from barter.core.units import format_duration


def age(timestamp_ms: int) -> str:
    """How long ago, `"2h 5m"`; a dash for a time that is not known."""
    if timestamp_ms <= 0:
        return "-"
    seconds = max(int(time.time()) - timestamp_ms // 1000, 0)
    return format_duration(seconds * 1000) if seconds else "0s"


def moment(timestamp_ms: int) -> str:
    """Local date and time, `"2026-11-21 14:03:07"`; a dash for a time that is not known."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(timestamp_ms // 1000)) if timestamp_ms else "-"


def clock_time(timestamp_ms: int) -> str:
    """Local time of day, `"14:03:07.120"`; milliseconds where no calendar reaches."""
    try:
        moment = time.localtime(timestamp_ms // 1000)
    except (OverflowError, ValueError, OSError):
        return f"{timestamp_ms} ms"
    return time.strftime("%H:%M:%S", moment) + f".{timestamp_ms % 1000:03d}"
