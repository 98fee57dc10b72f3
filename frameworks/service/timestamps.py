"""Milliseconds since 1970 as the text Marathon's JSON has, and back, by arithmetic alone."""

import re
from functools import lru_cache

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z")
_DAY_MS = 86_400_000
_DAYS_IN_400_YEARS = 146_097
_DAYS_BEFORE_1970 = 719_468


@lru_cache(maxsize=4096)
def iso(ms: int) -> str:
    """`"2015-09-29T15:59:51.164Z"`; the calendar is Hinnant's days-from-civil, counted from March."""
    days, rest = divmod(ms, _DAY_MS)
    era, day_of_era = divmod(days + _DAYS_BEFORE_1970, _DAYS_IN_400_YEARS)
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    march_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * march_month + 2) // 5 + 1
    month = march_month + 3 if march_month < 10 else march_month - 9
    year += era * 400 + (month <= 2)
    seconds, milli = divmod(rest, 1000)
    return f"{year:04}-{month:02}-{day:02}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milli:03}Z"


def from_iso(text: str) -> int:
    """The inverse of `iso`; raises ValueError."""
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a version like 2015-09-29T15:59:51.164Z")
    year, month, day, hours, minutes, seconds, milli = (int(part) for part in match.groups())
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    days = era * _DAYS_IN_400_YEARS + day_of_era - _DAYS_BEFORE_1970
    return days * _DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000 + milli
