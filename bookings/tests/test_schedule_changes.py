"""Changing and ending a schedule: what is planned is what is done, and who is booked is told."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from django.core.exceptions import ValidationError

from airlines.exceptions import FlightConflict
from airlines.models import AirplaneType, Flight, Schedule
from airlines.services.flight_making import make_flights
from airlines.services.schedule_conflicts import Kind
from airlines.services.schedules import add_schedule, pattern_of
from airlines.services.scheduling import correct_flight, remove_flights
from airlines.tests.factories import AirplaneFactory, AirportFactory, a_pattern
from airlines.tests.races import at_once
from bookings.exceptions import ScheduleOvertaken
from bookings.models import Booking, Coupon
from bookings.services.expiry import expire_holds
from bookings.services.reconciliation import reconcile
from bookings.services.schedule_changes import Action, change_schedule, create_schedule, plan_change, plan_new
from bookings.tests.factories import make_booking, make_hold
from notifications.models import Message

pytestmark = pytest.mark.django_db

FIRST = date(2026, 12, 1)  # a Tuesday
LAST = FIRST + timedelta(days=9)


@pytest.fixture
def airplane(db):
    return AirplaneFactory()


@pytest.fixture
def schedule(airplane, now):
    """Ten days of KV301, all made."""
    made = add_schedule(a_pattern(starts_on=FIRST, ends_on=LAST, airplanes=(airplane,)))
    make_flights(now=now)
    return Schedule.objects.with_pattern().get(pk=made.pk)


@pytest.fixture
def change(schedule, now):
    def change(*, end=False, **what):
        becomes = None if end else replace(pattern_of(schedule), **what)
        plan = plan_change(schedule, becomes, now=now)
        change_schedule(schedule=schedule, becomes=becomes, seen=plan.fingerprint, now=now)
        return plan

    return change


def flight_on(day):
    return Flight.objects.get(number="KV301", departs_on=day)


def told(kind):
    return Message.objects.filter(kind=kind, way="email").count()


class TestANewOne:
    def test_is_planned_and_then_made(self, airplane, now):
        pattern = a_pattern(starts_on=FIRST, ends_on=LAST, airplanes=(airplane,))

        plan = plan_new(pattern, now=now)
        assert not Schedule.objects.exists()
        made = create_schedule(pattern=pattern, seen=plan.fingerprint, now=now)

        assert plan.counts == {Action.MAKE: 10}
        assert made.flights.count() == 10
        assert {conflict.kind for conflict in plan.conflicts} == {Kind.NOT_THERE}  # it never comes back

    def test_is_not_made_where_its_airplane_was_taken_meanwhile(self, airplane, now):
        AirplaneFactory()
        pattern = a_pattern(starts_on=FIRST, ends_on=FIRST)
        plan = plan_new(pattern, now=now)
        add_schedule(a_pattern(number="KV303", starts_on=FIRST, ends_on=FIRST, airplanes=(airplane,)))
        make_flights(now=now)

        with pytest.raises(ScheduleOvertaken):
            create_schedule(pattern=pattern, seen=plan.fingerprint, now=now)

        assert Schedule.objects.get().number == "KV303"

    def test_that_meets_another_is_refused(self, schedule, now):
        with pytest.raises(ValidationError, match="already leaves from there"):
            plan_new(pattern_of(schedule), now=now)

    def test_that_nothing_can_fly_is_refused(self, airplane, now):
        jumbo = AirplaneType.objects.create(code="388", name="A380", turnaround_minutes=120)

        with pytest.raises(FlightConflict, match="no airplane of the type 388"):
            plan_new(replace(a_pattern(starts_on=FIRST), airplane_type=jumbo), now=now)


class TestOtherTimes:
    def test_move_every_flight_and_tell_who_is_booked(self, change, schedule, traveller, stranger, now):
        make_booking(traveller, flight_on(FIRST), now=now)
        make_booking(stranger, flight_on(FIRST), now=now)

        plan = change(departs=time(7), arrives=time(9))

        assert plan.counts == {Action.MOVE: 10}
        assert (plan.bookings_told, plan.travellers) == (2, 2)
        moved = flight_on(FIRST)
        assert (moved.departs_at.hour, moved.departs_at.minute, moved.status) == (1, 30, "scheduled")
        assert told("flight_delayed") == 2
        assert set(Flight.objects.values_list("departs_at__hour", flat=True)) == {1}
        schedule.refresh_from_db()
        assert schedule.departs == time(7)
        assert reconcile() == []

    def test_by_a_few_minutes_tell_nobody(self, change, traveller, now):
        make_booking(traveller, flight_on(FIRST), now=now)

        plan = change(departs=time(6, 4), arrives=time(8, 4))

        assert plan.bookings_told == told("flight_delayed") == 0
        assert flight_on(FIRST).departs_at.minute == 34
        assert flight_on(FIRST).revision == 1

    def test_leave_alone_what_somebody_moved_by_hand(self, change, now):
        by_hand = flight_on(FIRST)
        correct_flight(flight=by_hand, arrives_at=by_hand.arrives_at + timedelta(minutes=20))

        plan = change(departs=time(7), arrives=time(9))

        assert plan.counts == {Action.MOVE: 9, Action.KEEP: 1}
        assert flight_on(FIRST).departs_at == by_hand.departs_at

    def test_from_a_later_day_on_begin_another_schedule(self, change, schedule, now):
        day = FIRST + timedelta(days=4)

        change(starts_on=day, departs=time(7), arrives=time(9))

        before, after = Schedule.objects.order_by("starts_on")
        assert (before.pk, before.ends_on, before.departs) == (schedule.pk, day - timedelta(days=1), time(6))
        assert (after.starts_on, after.ends_on, after.departs) == (day, LAST, time(7))
        assert (before.flights.count(), after.flights.count()) == (4, 6)
        assert make_flights(now=now) == 0

    def test_what_leaves_today_already_has_left(self, airplane, now):
        made = add_schedule(a_pattern(starts_on=now.date(), departs=time(14), arrives=time(16), airplanes=(airplane,)))
        make_flights(now=now)
        schedule = Schedule.objects.with_pattern().get(pk=made.pk)

        plan = plan_change(schedule, replace(pattern_of(schedule), ends_on=now.date()), now=now + timedelta(hours=5))

        assert plan.counts == {Action.WITHDRAW: 119}

    @pytest.mark.parametrize("from_day", [0, 4])
    def test_of_one_that_nothing_was_made_of_yet_are_made_so(self, airplane, now, from_day):
        made = add_schedule(a_pattern(starts_on=FIRST, ends_on=LAST, airplanes=(airplane,)))
        schedule = Schedule.objects.with_pattern().get(pk=made.pk)
        first = FIRST + timedelta(days=from_day)
        becomes = replace(pattern_of(schedule), starts_on=first, departs=time(7), arrives=time(9))

        plan = plan_change(schedule, becomes, now=now)
        change_schedule(schedule=schedule, becomes=becomes, seen=plan.fingerprint, now=now)

        assert plan.counts == {Action.MAKE: 10 - from_day}
        assert make_flights(now=now) == from_day
        assert set(Flight.objects.filter(departs_on__gte=first).values_list("departs_at__hour", flat=True)) == {1}


class TestOtherDays:
    def test_flights_come_and_go(self, change, traveller, now):
        booking = make_booking(traveller, flight_on(FIRST + timedelta(days=1)), now=now)

        plan = change(days="124567", ends_on=LAST + timedelta(days=2))  # not on Wednesdays

        assert plan.counts == {Action.MAKE: 2, Action.WITHDRAW: 1, Action.CANCEL: 1}
        assert flight_on(FIRST + timedelta(days=1)).status == "cancelled"
        assert told("flight_cancelled") == 1
        assert not Flight.objects.filter(departs_on=FIRST + timedelta(days=8)).exists()
        assert Coupon.objects.get(booking=booking).status == "open"  # its traveller chooses
        assert flight_on(LAST + timedelta(days=2)).cabins.count() == 2

    def test_a_flight_that_somebody_once_held_is_cancelled_and_not_deleted(self, change, traveller, now):
        make_hold(traveller, flight_on(LAST), now=now)
        expire_holds(now=now + timedelta(hours=1))
        assert Booking.objects.get().status == "expired"

        plan = change(ends_on=LAST - timedelta(days=1))

        assert plan.counts == {Action.CANCEL: 1}
        assert (flight_on(LAST).status, told("flight_cancelled")) == ("cancelled", 0)

    def test_what_staff_took_out_stays_out(self, change):
        remove_flights([flight_on(FIRST)])

        assert change(departs=time(7), arrives=time(9)).counts == {Action.MOVE: 9}
        assert not Flight.objects.filter(departs_on=FIRST).exists()

    def test_a_cancelled_flight_stays_cancelled(self, change):
        Flight.objects.filter(departs_on=FIRST).update(status="cancelled")

        assert change(departs=time(7), arrives=time(9)).counts == {Action.MOVE: 9}


class TestAnotherAirplane:
    def test_flies_what_nobody_booked(self, change, traveller, airplane, now):
        make_booking(traveller, flight_on(FIRST), now=now)
        other = AirplaneFactory()

        plan = change(airplanes=(other,))

        assert plan.counts == {Action.MOVE: 9, Action.KEEP: 1}
        assert flight_on(FIRST).airplane == airplane
        assert flight_on(LAST).airplane == other

    def test_and_other_times_move_who_is_booked_and_keep_their_seats(self, change, traveller, airplane, now):
        make_booking(traveller, flight_on(FIRST), now=now)

        plan = change(airplanes=(AirplaneFactory(),), departs=time(7), arrives=time(9))

        assert plan.counts == {Action.MOVE: 10}
        assert (flight_on(FIRST).airplane, flight_on(FIRST).departs_at.hour) == (airplane, 1)


class TestTheEnd:
    def test_of_one_that_has_not_begun_takes_it_out(self, change, traveller, now):
        make_booking(traveller, flight_on(FIRST), now=now)

        plan = change(end=True)

        assert plan.counts == {Action.WITHDRAW: 9, Action.CANCEL: 1}
        assert not Schedule.objects.exists()
        assert Flight.objects.get().status == "cancelled"

    def test_of_one_that_flies_is_today(self, schedule, now):
        later = now.replace(month=12, day=5)

        plan = plan_change(schedule, None, now=later)
        change_schedule(schedule=schedule, becomes=None, seen=plan.fingerprint, now=later)

        schedule.refresh_from_db()
        assert schedule.ends_on == date(2026, 12, 5)
        assert Flight.objects.latest("departs_on").departs_on == date(2026, 12, 5)


class TestWhatIsRefused:
    @pytest.mark.parametrize("what", ["number", "destination", "starts_on", "days"])
    def test_by_the_name_of_the_field(self, change, what):
        wrong = {
            "number": "KV303",
            "destination": AirportFactory(iata="BLR"),
            "starts_on": LAST + timedelta(days=1),
            "days": "",
        }

        with pytest.raises(ValidationError) as refused:
            change(**{what: wrong[what]})

        assert next(iter(refused.value.message_dict)) == what

    def test_a_plan_that_is_no_longer_what_was_seen(self, schedule, traveller, now):
        becomes = replace(pattern_of(schedule), ends_on=LAST - timedelta(days=1))
        plan = plan_change(schedule, becomes, now=now)
        make_booking(traveller, flight_on(LAST), now=now)  # it would have been taken out unsold

        with pytest.raises(ScheduleOvertaken):
            change_schedule(schedule=schedule, becomes=becomes, seen=plan.fingerprint, now=now)

        assert flight_on(LAST).status == "scheduled"

    def test_one_more_booking_on_a_flight_that_is_booked_changes_nothing(self, schedule, traveller, stranger, now):
        make_booking(traveller, flight_on(LAST), now=now)
        becomes = replace(pattern_of(schedule), ends_on=LAST - timedelta(days=1))
        plan = plan_change(schedule, becomes, now=now)
        make_booking(stranger, flight_on(LAST), now=now)

        change_schedule(schedule=schedule, becomes=becomes, seen=plan.fingerprint, now=now)

        assert told("flight_cancelled") == 2

    def test_a_schedule_that_is_gone(self, schedule, now):
        plan = plan_change(schedule, None, now=now)
        change_schedule(schedule=schedule, becomes=None, seen=plan.fingerprint, now=now)
        schedule.pk = 0

        with pytest.raises(ScheduleOvertaken):
            change_schedule(schedule=schedule, becomes=None, seen=plan.fingerprint, now=now)


@pytest.mark.parametrize("days", [2, 9])
def test_a_plan_asks_no_more_for_more_flights(schedule, now, days, django_assert_num_queries):
    becomes = replace(pattern_of(schedule), ends_on=LAST - timedelta(days=days))

    with django_assert_num_queries(6):
        assert plan_change(schedule, becomes, now=now).counts == {Action.WITHDRAW: days}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_does_it(schedule, now):
    becomes = replace(pattern_of(schedule), departs=time(7), arrives=time(9))
    seen = plan_change(schedule, becomes, now=now).fingerprint

    outcomes = at_once(lambda _n: change_schedule(schedule=schedule, becomes=becomes, seen=seen, now=now), clients=4)

    assert outcomes == {"done": 1, "ScheduleOvertaken": 3}
