"""A moment as people write it."""

from datetime import datetime, time, timedelta


def parse_moment(text: str, now: datetime) -> int:
    """`+2h`, `18:00` (the next one), or `2026-11-21T18:00`, in milliseconds since 1970.

    Local time where no zone is named, as `now` is. Raises ValueError saying what would be understood.
    """
    from barter.core.units import parse_duration_ms

    wanted = text.strip()
    if wanted.startswith("+"):
        return _ms(now) + parse_duration_ms(wanted[1:])
    try:
        return _ms(_next(time.fromisoformat(wanted), now) if wanted[2:3] == ":" else datetime.fromisoformat(wanted))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time: write +2h, 18:00 or {now:%Y-%m-%d}T18:00") from None


def _next(at: time, now: datetime) -> datetime:
    there = now.astimezone(at.tzinfo) if at.tzinfo else now
    moment = datetime.combine(there.date(), at)
    return moment if moment > there else moment + timedelta(days=1)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
