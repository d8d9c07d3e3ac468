"""A schedule is made, changed or ended, and what becomes of its flights and of whoever is booked on them.

First a plan, which changes nothing; then all of it in one transaction, and only if it is still the plan that somebody
has seen. Flights that nobody ever booked are changed or taken out; the others go the way of irregular days, so that
their travellers are told.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Self

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from airlines.models import Flight, Schedule
from airlines.services.announcements import announce
from airlines.services.changes import status_of
from airlines.services.flight_making import Departure, horizon, make_departures, make_some
from airlines.services.schedule_conflicts import Conflict
from airlines.services.schedule_differences import (
    Changed,
    Difference,
    Wanted,
    conflicts_after,
    differences,
    flights_of,
    hand_over,
)
from airlines.services.schedules import ONE_DAY, Pattern, add_schedule, check, pattern_of, write_pattern, write_patterns
from airlines.services.scheduling import correct_flight, remove_flights
from bookings.exceptions import ScheduleOvertaken
from bookings.models import Booking, Coupon, Segment
from bookings.services.irregular_days import cancel_flight, moves_far, retime_flight
from flights_project.lib import clock

WHEN = frozenset({"departs_at", "arrives_at"})


class Action(TextChoices):
    MAKE = "make", gettext_lazy("made")
    MOVE = "move", gettext_lazy("changed")
    WITHDRAW = "withdraw", gettext_lazy("taken out")
    CANCEL = "cancel", gettext_lazy("cancelled")
    KEEP = "keep", gettext_lazy("left as it is")


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one flight. `told` are the bookings that are told of it."""

    action: Action
    day: date
    flight: Flight | None = None
    wanted: Wanted | None = None
    bookings: int = 0
    travellers: int = 0
    told: int = 0
    why: str = ""

    @property
    def mark(self) -> tuple[object, ...]:
        """What of it has to be as it was seen; a booking more or less changes nothing of what is done."""
        flight = self.flight
        there = flight and (flight.pk, flight.departs_at, flight.arrives_at, flight.airplane_id, flight.status)
        wanted = self.wanted
        return self.action, self.day, there, wanted and (wanted.departs_at, wanted.arrives_at, wanted.airplane.pk)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do; `schedule` is None for a new one, `becomes` for one that ends."""

    schedule: Schedule | None
    becomes: Pattern | None
    pattern: Pattern
    """What it says before; of a new one, what it will say."""
    steps: list[Step]
    conflicts: list[Conflict] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    """What of the steps is done, for conflicts to be found in."""
    taken_over: frozenset[int] = frozenset()
    """Flights (ids) of other schedules that become this one's: of days that they swap."""

    @property
    def fingerprint(self) -> str:
        """The same as long as the same would be done."""
        was = self.schedule and (self.schedule.pk, pattern_of(self.schedule))
        marks = sorted(repr(step.mark) for step in self.steps)
        return sha256(repr((was, self.becomes, marks, sorted(self.taken_over))).encode()).hexdigest()

    @property
    def counts(self) -> dict[Action, int]:
        """How many flights each action has, in the order of the actions."""
        found = Counter(step.action for step in self.steps)
        return {action: found[action] for action in Action if found[action]}

    @property
    def bookings_told(self) -> int:
        return sum(step.told for step in self.steps)

    @property
    def travellers(self) -> int:
        return sum(step.travellers for step in self.steps if step.told)


def plan_new(pattern: Pattern, *, now: datetime) -> Plan:
    """What a new schedule would make. Raises ValidationError that names each field, FlightConflict where no airplane
    is of the type."""
    unsaved = check(pattern)
    unsaved.validate_constraints()
    plan = _plan(None, pattern, differences(unsaved, None, pattern, [], now=now), pattern, _Sold({}, set()))
    return replace(plan, conflicts=conflicts_after(plan.changed))


def plan_change(schedule: Schedule, becomes: Pattern | None, *, now: datetime, lock: bool = False) -> Plan:
    """What would become of a schedule's flights if it said what it `becomes`; None: it ends now.

    From the first day that it then says on: days before stay as they are. Raises as `plan_new`.
    """
    if becomes is not None:
        _refuse_another_flight(pattern_of(schedule), becomes)
        check(becomes)
    [plan] = plan_changes([(schedule, becomes)], now=now, lock=lock)
    return replace(plan, conflicts=conflicts_after(plan.changed))


def plan_changes(
    changes: Collection[tuple[Schedule, Pattern | None]], *, now: datetime, lock: bool = False
) -> list[Plan]:
    """As `plan_change` for each, whose change was checked, in a number of queries that does not grow; without
    conflicts, which are of all. Days may go from one to another: their flights do too."""
    if not changes:
        return []
    was = {schedule.pk: pattern_of(schedule) for schedule, _becomes in changes}
    firsts = {schedule: (becomes or was[schedule.pk]).starts_on for schedule, becomes in changes}
    flights = flights_of(firsts, now=now, lock=lock)
    handed = hand_over(changes, flights, now=now)
    sold = _Sold.of([flight for each in flights.values() for flight in each])
    plans = []
    for schedule, becomes in changes:
        own, taken = flights[schedule.pk], handed.get(schedule.pk, {})
        found = differences(schedule, was[schedule.pk], becomes, own, now=now, handed=taken)
        keys = frozenset(flight.pk for flight in own if flight.departs_on in taken)
        plans.append(replace(_plan(schedule, becomes, found, was[schedule.pk], sold), taken_over=keys))
    return plans


def _refuse_another_flight(was: Pattern, becomes: Pattern) -> None:
    """Another number or route is another schedule."""
    words = [_("This stays as it is: end the schedule and make another.")]
    faults = {
        name: words for name in ("number", "origin", "destination") if getattr(was, name) != getattr(becomes, name)
    }
    if was.ends_on and becomes.starts_on > was.ends_on:
        faults["starts_on"] = [_("The schedule has ended by then: make another.")]
    if faults:
        raise ValidationError(faults)


@dataclass(frozen=True, slots=True)
class _Sold:
    """Of some flights (their ids): how many confirmed bookings and travellers are on each that has any, and which of
    them anybody ever booked."""

    booked: dict[int, tuple[int, int]]
    ever: set[int]

    @classmethod
    def of(cls, flights: Collection[Flight]) -> Self:
        keys = [flight.pk for flight in flights]
        live = Coupon.objects.live().filter(flight__in=keys, booking__status=Booking.Status.CONFIRMED)
        counts = live.values_list("flight").annotate(Count("booking", distinct=True), Count("pk"))
        ever = Segment.objects.filter(flight__in=keys).values_list("flight", flat=True).distinct()
        return cls({flight: (bookings, travellers) for flight, bookings, travellers in counts}, set(ever))


def _plan(
    schedule: Schedule | None, becomes: Pattern | None, changes: list[Difference], pattern: Pattern, sold: _Sold
) -> Plan:
    steps = [_step(each, sold) for each in changes]
    made = [
        (pattern, replace(each, wanted=step.wanted))
        for each, step in zip(changes, steps, strict=True)
        if step.action != Action.KEEP
    ]
    return Plan(schedule, becomes, pattern, steps, changed=made)


def _step(change: Difference, sold: _Sold) -> Step:
    flight, wanted, ever = change.flight, change.wanted, sold.ever
    if flight is None:
        return Step(Action.MAKE, change.day, wanted=wanted)
    bookings, travellers = sold.booked.get(flight.pk, (0, 0))
    step = Step(Action.KEEP, change.day, flight, wanted, bookings, travellers)
    if wanted is None:
        return replace(step, action=Action.CANCEL if flight.pk in ever else Action.WITHDRAW, told=bookings)
    differs = set(wanted.differs_in(flight))
    if change.by_hand and WHEN & differs:
        return replace(step, wanted=None, why=_("It was moved by hand."))
    if flight.pk in ever and "airplane" in differs:
        step = replace(
            step, wanted=replace(wanted, airplane=flight.airplane), why=_("Seats were sold: it keeps its airplane.")
        )
        if differs == {"airplane"}:
            return step
    far = bool(WHEN & differs) and moves_far(flight, wanted.departs_at, wanted.arrives_at)
    return replace(step, action=Action.MOVE, told=bookings if far else 0)


# --- Done -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_schedule(*, pattern: Pattern, seen: str, now: datetime) -> Schedule:
    """The new schedule with its flights until the horizon, if its plan is still the one that was `seen`.

    Raises ScheduleOvertaken, and as `plan_new`.
    """
    if plan_new(pattern, now=now).fingerprint != seen:
        raise ScheduleOvertaken
    try:
        with transaction.atomic():
            schedule = add_schedule(pattern)
    except IntegrityError as error:  # another came between the look and this
        raise ScheduleOvertaken from error
    announce(status_of(flight) for flight in make_some([schedule.pk], until=horizon(now), now=now))
    return schedule


@transaction.atomic
def change_schedule(*, schedule: Schedule, becomes: Pattern | None, seen: str, now: datetime) -> Plan:
    """Do what was planned for a schedule, if it is still the plan that was `seen`; returns it.

    Where it says something new from a later day on, it ends the day before and another one begins. Locks the schedule,
    its flights and their cabins. Raises ScheduleOvertaken, and as `plan_new`.
    """
    locked = Schedule.objects.filter(pk=schedule.pk).locked().with_pattern().first()
    if locked is None:
        raise ScheduleOvertaken
    plan = plan_change(locked, becomes, now=now, lock=True)
    if plan.fingerprint != seen:
        raise ScheduleOvertaken
    carry_out(locked, plan, now=now)
    return plan


def carry_out(schedule: Schedule, plan: Plan, *, now: datetime) -> None:
    """Do what was planned for a schedule under its locks."""
    _change_flights([plan], now)
    if plan.becomes is None:
        _end(schedule, now)
    else:
        _make_flights([(_keep(schedule, plan.becomes), plan.becomes, plan)], now)


def carry_out_all(schedules: Iterable[Schedule], plans: Sequence[Plan], *, now: datetime) -> None:
    """As `carry_out` for each of `schedules`, which go on from their first days by what was checked. Raises
    IntegrityError where two of them meet."""
    kept = [(schedule, plan.becomes, plan) for schedule, plan in zip(schedules, plans, strict=True) if plan.becomes]
    _change_flights(plans, now)
    for schedule, _becomes, plan in kept:
        if plan.taken_over:
            Flight.objects.filter(pk__in=plan.taken_over).update(schedule=schedule)
    write_patterns([(schedule, becomes) for schedule, becomes, _plan in kept])
    _make_flights(kept, now)


def _change_flights(plans: Sequence[Plan], now: datetime) -> None:
    """Those that are there."""
    steps = [step for plan in plans for step in plan.steps]
    remove_flights([step.flight for step in steps if step.flight and step.action == Action.WITHDRAW])
    for step in steps:
        if step.flight and step.action == Action.CANCEL:
            cancel_flight(flight=step.flight, now=now)
        elif step.flight and step.wanted and step.action == Action.MOVE:
            _move(step.flight, step.wanted, now)


def _make_flights(kept: Sequence[tuple[Schedule, Pattern, Plan]], now: datetime) -> None:
    made = [
        Departure.of(schedule, becomes, step.day)
        for schedule, becomes, plan in kept
        for step in plan.steps
        if step.action == Action.MAKE
    ]
    announce(status_of(flight) for flight in make_departures(made, now=now))
    keys = [schedule.pk for schedule, _becomes, _plan in kept]
    Schedule.objects.filter(pk__in=keys, made_until=None).update(made_until=horizon(now))


def _move(flight: Flight, wanted: Wanted, now: datetime) -> None:
    """By correction where nobody has a seat, else as the timetable moves whoever is booked."""
    changes = wanted.differs_in(flight)
    if WHEN & set(changes) and any(cabin.seats_held or cabin.seats_sold for cabin in flight.cabins.all()):
        retime_flight(flight=flight, departs_at=wanted.departs_at, arrives_at=wanted.arrives_at, now=now)
        changes = {name: value for name, value in changes.items() if name not in WHEN}
    if changes:
        correct_flight(flight=flight, **changes)


def _keep(schedule: Schedule, becomes: Pattern) -> Schedule:
    """The schedule that says it from now on: the same, or one that begins where this ends."""
    if becomes.starts_on <= schedule.starts_on:
        write_pattern(schedule, becomes)
        return schedule
    Schedule.objects.filter(pk=schedule.pk).update(ends_on=becomes.starts_on - ONE_DAY)
    following = add_schedule(becomes)
    Schedule.objects.filter(pk=following.pk).update(made_until=schedule.made_until)
    Flight.objects.filter(schedule=schedule, departs_on__gte=becomes.starts_on).update(schedule=following)
    return following


def _end(schedule: Schedule, now: datetime) -> None:
    """It ends today; one that has not begun is gone."""
    today = clock.local_date(now, schedule.origin.zone)
    if schedule.starts_on <= today:
        Schedule.objects.filter(pk=schedule.pk).update(ends_on=min(schedule.ends_on or today, today))
        return
    Flight.objects.filter(schedule=schedule).update(schedule=None)
    schedule.delete()
