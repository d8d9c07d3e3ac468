"""What becomes of a schedule's flights, as lines to read: whoever is booked by themselves, all alike days together."""

from dataclasses import dataclass
from datetime import date, datetime

from airlines.models import Airport
from bookings.services.schedule_changes import Action, Plan, Step
from flights_project.lib import clock


@dataclass(slots=True)
class Line:
    """The same for each of `count` flights from `first` to `last`; times are by the clock of each airport."""

    action: Action
    now: str
    then: str
    airplane: str
    why: str
    first: date
    last: date
    count: int = 0
    bookings: int = 0
    travellers: int = 0
    flight: int | None = None
    """Of a line that is one flight, that is there."""


def lines_of(plan: Plan) -> list[Line]:
    """First what touches somebody, then what is left alone, then all else, in order of its first day."""
    lines: dict[tuple[object, ...], Line] = {}
    for step in sorted(plan.steps, key=_telling):
        line = _line(step, plan.pattern.origin, plan.pattern.destination)
        key = (line.action, line.now, line.then, line.airplane, line.why, step.bookings and step.day)
        kept = lines.setdefault(key, line)
        kept.last, kept.count, kept.flight = step.day, kept.count + 1, None if kept.count else line.flight
    return list(lines.values())


def _telling(step: Step) -> tuple[bool, bool, date]:
    return not step.bookings, not step.why, step.day


def _line(step: Step, origin: Airport, destination: Airport) -> Line:
    flight, wanted = step.flight, step.wanted
    flown_by = wanted or flight
    return Line(
        action=step.action,
        now=_times(flight.departs_at, flight.arrives_at, origin, destination) if flight else "",
        then=_times(wanted.departs_at, wanted.arrives_at, origin, destination) if wanted else "",
        airplane=flown_by.airplane.registration if flown_by else "",
        why=step.why,
        first=step.day,
        last=step.day,
        bookings=step.bookings,
        travellers=step.travellers,
        flight=flight.pk if flight else None,
    )


def _times(departs_at: datetime, arrives_at: datetime, origin: Airport, destination: Airport) -> str:
    """`22:40 → 01:05 +1`."""
    leaves, lands = (
        instant.astimezone(clock.zone(airport.zone))
        for instant, airport in ((departs_at, origin), (arrives_at, destination))
    )
    offset = (lands.date() - leaves.date()).days
    return f"{leaves:%H:%M} → {lands:%H:%M}" + (f" {offset:+d}" if offset else "")
