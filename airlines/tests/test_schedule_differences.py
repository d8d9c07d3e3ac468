"""What a change of a schedule means for its flights, day by day; and what of it could not be flown."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from django.db import transaction

from airlines.models import Flight, Schedule
from airlines.services.flight_making import make_flights
from airlines.services.schedule_conflicts import Kind, coming_conflicts, grouped
from airlines.services.schedule_differences import conflicts_after, differences, flights_of
from airlines.services.schedules import add_schedule, pattern_of, write_pattern
from airlines.services.scheduling import correct_flight, remove_flights
from airlines.tests.factories import AirplaneFactory, a_pattern

pytestmark = pytest.mark.django_db

FIRST = date(2026, 12, 1)  # a Tuesday
DAYS = [FIRST + timedelta(days=day) for day in range(4)]


@pytest.fixture
def airplane(db):
    return AirplaneFactory()


@pytest.fixture
def schedule(airplane, now):
    """Four days of KV301, all made."""
    made = add_schedule(a_pattern(starts_on=FIRST, ends_on=DAYS[-1], airplanes=(airplane,)))
    make_flights(now=now)
    return Schedule.objects.with_pattern().get(pk=made.pk)


def differ(schedule, becomes, now):
    flights = flights_of({schedule: FIRST}, now=now, lock=False)[schedule.pk]
    return differences(schedule, pattern_of(schedule), becomes, flights, now=now)


class TestDifferences:
    def test_none_where_it_says_what_it_said(self, schedule, now):
        assert differ(schedule, pattern_of(schedule), now) == []

    def test_other_times_are_wanted_of_every_flight(self, schedule, now):
        found = differ(schedule, replace(pattern_of(schedule), departs=time(7), arrives=time(9)), now)

        assert [each.day for each in found] == DAYS
        assert {name for each in found for name in each.wanted.differs_in(each.flight)} == {"departs_at", "arrives_at"}
        assert not any(each.by_hand for each in found)

    def test_what_somebody_moved_is_told_apart(self, schedule, now):
        flight = Flight.objects.get(departs_on=FIRST)
        later = timedelta(minutes=50)
        correct_flight(flight=flight, departs_at=flight.departs_at + later, arrives_at=flight.arrives_at + later)

        [only] = differ(schedule, pattern_of(schedule), now)

        assert (only.day, only.by_hand) == (FIRST, True)

    def test_days_come_and_go(self, schedule, now):
        found = differ(schedule, replace(pattern_of(schedule), starts_on=DAYS[1], ends_on=DAYS[-1]), now)
        assert [(each.day, each.wanted) for each in found] == [(FIRST, None)]

        longer = differ(schedule, replace(pattern_of(schedule), ends_on=DAYS[-1] + timedelta(days=1)), now)
        assert [(each.day, each.flight) for each in longer] == [(DAYS[-1] + timedelta(days=1), None)]

    def test_the_end_takes_out_all(self, schedule, now):
        assert [(each.day, each.wanted) for each in differ(schedule, None, now)] == [(day, None) for day in DAYS]

    def test_what_was_taken_out_cancelled_or_has_left_stays_so(self, schedule, now):
        remove_flights(list(Flight.objects.filter(departs_on=DAYS[0])))
        Flight.objects.filter(departs_on=DAYS[1]).update(status="cancelled")
        later = replace(pattern_of(schedule), departs=time(7), arrives=time(9))

        assert [each.day for each in differ(schedule, later, now)] == DAYS[2:]

    def test_another_airplane_is_wanted_where_it_says_another(self, schedule, now):
        other = AirplaneFactory()

        found = differ(schedule, replace(pattern_of(schedule), airplanes=(other,)), now)

        assert [each.wanted.airplane for each in found] == [other] * 4

    def test_of_one_that_nothing_was_made_of_all_is_new(self, airplane, now):
        schedule = add_schedule(a_pattern(starts_on=FIRST, ends_on=DAYS[-1], airplanes=(airplane,)))

        found = differ(Schedule.objects.with_pattern().get(pk=schedule.pk), pattern_of(schedule), now)

        assert [(each.day, each.flight) for each in found] == [(day, None) for day in DAYS]

    def test_hours_that_have_passed_are_not_wanted(self, airplane, now):
        today = now.date()
        schedule = add_schedule(a_pattern(starts_on=today, ends_on=today, airplanes=(airplane,)))

        assert differ(Schedule.objects.with_pattern().get(pk=schedule.pk), pattern_of(schedule), now) == []


def test_flights_are_locked_with_their_cabins_for_who_writes(schedule, now):
    with transaction.atomic():
        flights = flights_of({schedule: DAYS[1]}, now=now, lock=True)[schedule.pk]

    assert [flight.departs_on for flight in flights] == DAYS[1:]
    assert all("cabins" in flight._prefetched_objects_cache for flight in flights)


class TestConflictsAfter:
    def changes(self, schedule, becomes, now):
        return [(becomes, each) for each in differ(schedule, becomes, now)]

    def test_none_are_new_where_nothing_changes(self, schedule, now):
        assert conflicts_after([]) == []

    def test_of_what_is_moved_into_the_way_of_another(self, schedule, airplane, now):
        back = a_pattern(
            "BOM", "DEL", starts_on=FIRST, ends_on=FIRST, number="KV302", departs=time(9), arrives=time(11),
            airplanes=(airplane,),
        )  # fmt: skip
        add_schedule(back)
        make_flights(now=now)
        later = replace(pattern_of(schedule), departs=time(7), arrives=time(9, 30))

        found = conflicts_after(self.changes(schedule, later, now))

        assert (Kind.TWO_PLACES, "KV302") in [(each.kind, each.flown.number) for each in found]
        assert conflicts_after(self.changes(schedule, later, now), until=now) == []

    def test_what_was_so_before_is_not_told_again(self, schedule, now):
        """Every morning it leaves from where it is not; one day less makes that no worse."""
        shorter = replace(pattern_of(schedule), ends_on=DAYS[2])

        assert conflicts_after(self.changes(schedule, shorter, now)) == []


class TestComingConflicts:
    def test_of_one_schedule_are_those_that_concern_it(self, schedule, airplane, now):
        stranger = add_schedule(
            a_pattern(starts_on=FIRST, ends_on=DAYS[-1], number="KV9", airplanes=(AirplaneFactory(),))
        )
        make_flights(now=now)

        own = coming_conflicts(now=now, days=20, schedule=schedule)

        assert {each.flown.number for each in own} == {"KV301"}
        assert len(coming_conflicts(now=now, days=20)) == len(own) + len(
            coming_conflicts(now=now, days=20, schedule=stranger)
        )

    def test_the_same_on_several_days_is_told_once(self, schedule, now):
        [group] = grouped(coming_conflicts(now=now, days=20, schedule=schedule))

        assert (group.example.kind, group.count, group.last) == (Kind.NOT_THERE, 3, DAYS[-1])


def test_a_pattern_says_something_else_from_now_on(schedule, airplane):
    becomes = replace(pattern_of(schedule), departs=time(7), arrives=time(9), airplanes=(AirplaneFactory(), airplane))

    write_pattern(schedule, becomes)

    assert pattern_of(Schedule.objects.with_pattern().get(pk=schedule.pk)) == becomes
