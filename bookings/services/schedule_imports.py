"""A sheet of schedules: new ones and changed ones, all of them in one transaction or none.

Flights of new schedules are made by a task after the commit; what a change means for flights and travellers is done
here, as on the page of a schedule.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction

from airlines.models import Schedule
from airlines.services.flight_making import horizon, make_soon
from airlines.services.schedules import Pattern, add_schedules
from bookings.exceptions import ScheduleOvertaken
from bookings.services.schedule_changes import Action, Plan, carry_out, plan_change

Changed = list[tuple[Schedule, Pattern]]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a sheet would do."""

    new: list[Pattern]
    plans: list[Plan]
    now: datetime

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


def plan_import(*, new: list[Pattern], changed: Changed, now: datetime, lock: bool = False) -> ImportPlan:
    """What a sheet of checked patterns would do; nothing is changed. Raises as `schedule_changes.plan_change`."""
    plans = [plan_change(schedule, becomes, now=now, lock=lock) for schedule, becomes in changed]
    return ImportPlan(new, plans, now)


@transaction.atomic
def import_schedules(*, new: list[Pattern], changed: Changed, seen: str, now: datetime) -> ImportPlan:
    """Do what was planned for a sheet, if it is still the plan that was `seen`; returns it.

    Locks the schedules in primary-key order, then their flights. Raises ScheduleOvertaken.
    """
    by_key = {schedule.pk: becomes for schedule, becomes in changed}
    locked = list(Schedule.objects.filter(pk__in=by_key).locked().with_pattern())
    pairs = [(schedule, by_key[schedule.pk]) for schedule in locked]
    plan = plan_import(new=new, changed=pairs, now=now, lock=True)
    if plan.fingerprint != seen:
        raise ScheduleOvertaken
    try:
        with transaction.atomic():
            for each in plan.plans:
                carry_out(each, now=now)
            add_schedules(new)
    except IntegrityError as error:  # somebody added one that meets one of these
        raise ScheduleOvertaken from error
    make_soon()
    return plan
