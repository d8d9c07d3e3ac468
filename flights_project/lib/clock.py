"""Instants are UTC; people see local times with the day offset."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone called `name`."""
    return ZoneInfo(name)


def on_the_wall(instant: datetime, zone_name: str) -> str:
    """The time on the clock of a zone, with what the zone is called: `06:45 IST`, or `11:25 UTC+04` where it has no
    letters."""
    local = instant.astimezone(zone(zone_name))
    called = f"{local:%Z}"
    return f"{local:%H:%M} {'' if called.isalpha() else 'UTC'}{called}"


def local_to_utc(on: date, at: time, zone_name: str) -> datetime:
    """The UTC instant of the wall-clock time `at` on the date `on`.

    A time that a daylight-saving change skips is taken with the offset before the change, so that it falls
    an hour later on the clock; a time that happens twice is its first occurrence (PEP 495, fold=0).
    """
    return datetime.combine(on, at, tzinfo=zone(zone_name)).astimezone(UTC)


def local_date(instant: datetime, zone_name: str) -> date:
    """The date on the wall of an airport at `instant`."""
    return instant.astimezone(zone(zone_name)).date()


def day_offset(departure: datetime, arrival: datetime) -> int:
    """Calendar days between two local times: 1 is shown as `+1`."""
    return (arrival.date() - departure.date()).days


def is_overnight(earlier: datetime, later: datetime, zone_name: str) -> bool:
    """Whether midnight passes by the clocks of the zone."""
    return local_date(earlier, zone_name) != local_date(later, zone_name)


def quarter_start(instant: datetime) -> datetime:
    """The first instant of the calendar quarter (UTC) that `instant` is in."""
    month = 3 * ((instant.month - 1) // 3) + 1
    return instant.replace(month=month, day=1, hour=0, minute=0, second=0, microsecond=0)


def iso_duration(span: timedelta) -> str:
    """An ISO 8601 duration in hours and minutes: `PT2H15M`."""
    return iso_minutes(int(span.total_seconds()) // 60)


def iso_minutes(whole: int) -> str:
    """So many minutes, likewise."""
    hours, minutes = divmod(whole, 60)
    return f"PT{hours}H{minutes}M"


def hour(minute: int) -> str:
    """A minute of the day as a clock shows it: `06:30`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
