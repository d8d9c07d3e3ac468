"""A sheet of schedules: new ones and changed ones, all of them in one transaction or none.

Flights of new schedules are made by a task after the commit; what a change means for flights and travellers is done
here, as on the page of a schedule.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

from django.db import IntegrityError, transaction

from airlines.models import Schedule
from airlines.services.flight_making import horizon, make_soon
from airlines.services.schedule_conflicts import Conflict
from airlines.services.schedule_differences import Difference, Wanted, conflicts_after
from airlines.services.schedules import Pattern, add_schedules, met_at_the_end
from bookings.exceptions import ScheduleOvertaken
from bookings.services.schedule_changes import Action, Plan, carry_out_all, plan_changes

Changed = list[tuple[Schedule, Pattern]]
CONFLICTS_AHEAD = timedelta(days=28)
"""After the first day on which a sheet changes something: a timetable repeats itself by the week."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a sheet would do."""

    new: list[Pattern]
    plans: list[Plan]
    now: datetime
    conflicts: list[Conflict] = field(default_factory=list)
    """Of the first weeks (`CONFLICTS_AHEAD`), with all rows done."""

    @property
    def counts(self) -> Counter[Action]:
        """How many flights are made, changed, taken out, cancelled or left."""
        counts = Counter(step.action for plan in self.plans for step in plan.steps)
        last = horizon(self.now)
        counts[Action.MAKE] += sum(1 for pattern in self.new for _day in pattern.days_flown(self.now.date(), last))
        return +counts

    @property
    def bookings_told(self) -> int:
        return sum(plan.bookings_told for plan in self.plans)

    @property
    def fingerprint(self) -> str:
        """The same as long as the same would be done."""
        marks = sorted([*map(repr, self.new), *(plan.fingerprint for plan in self.plans)])
        return sha256(repr(marks).encode()).hexdigest()


def plan_import(*, new: list[Pattern], changed: Changed, now: datetime) -> ImportPlan:
    """What a sheet of checked patterns would do; nothing is changed. Raises as `schedule_changes.plan_change`."""
    plans = plan_changes(changed, now=now)
    return ImportPlan(new, plans, now, _conflicts(new, plans, now))


def _conflicts(new: list[Pattern], plans: list[Plan], now: datetime) -> list[Conflict]:
    """Of all rows together: what one of them breaks, another may mend. A new schedule that names no airplane gets those
    with the fewest conflicts when its flights are made."""
    last = horizon(now)
    days = [day for pattern in new if pattern.airplanes for day in pattern.days_flown(now.date(), last)]
    days += [each.day for plan in plans for _pattern, each in plan.changed]
    if not days:
        return []
    until = min(days) + CONFLICTS_AHEAD
    changes = [change for plan in plans for change in plan.changed]
    changes += [
        (pattern, Difference(day, None, _wanted(pattern, day)))
        for pattern in new
        if pattern.airplanes
        for day in pattern.days_flown(now.date(), min(last, until))
    ]
    return conflicts_after(changes, until=datetime.combine(until, time(), UTC))


def _wanted(pattern: Pattern, day: date) -> Wanted | None:
    airplane = pattern.airplane_on(day)
    if airplane is None:
        return None
    return Wanted(*pattern.times_on(day), airplane, pattern.origin_terminal, pattern.destination_terminal)


@transaction.atomic
def import_schedules(*, new: list[Pattern], changed: Changed, seen: str, now: datetime) -> ImportPlan:
    """Do what was planned for a sheet, if it is still the plan that was `seen`; returns it.

    Locks the schedules in primary-key order, then their flights. Raises ScheduleOvertaken.
    """
    by_key = {schedule.pk: becomes for schedule, becomes in changed}
    locked = list(Schedule.objects.filter(pk__in=by_key).locked().with_pattern())
    pairs = [(schedule, by_key[schedule.pk]) for schedule in locked]
    plan = ImportPlan(new, plan_changes(pairs, now=now, lock=True), now)
    if plan.fingerprint != seen:
        raise ScheduleOvertaken
    try:
        with transaction.atomic(), met_at_the_end():
            carry_out_all(locked, plan.plans, now=now)
            add_schedules(new)
    except IntegrityError as error:  # somebody made one that meets one of these
        raise ScheduleOvertaken from error
    make_soon()
    return plan
