"""What a change of a schedule means for its flights, day by day; and what of it could not be flown."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from airlines.models import Flight, Schedule
from airlines.services.flight_making import make_flights
from airlines.services.schedule_conflicts import Kind, coming_conflicts, grouped
from airlines.services.schedule_differences import conflicts_after, differences, flights_of, hand_over
from airlines.services.schedules import add_schedule, met_at_the_end, pattern_of, write_pattern, write_patterns
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


class TestDaysThatAreSwapped:
    @pytest.fixture
    def early(self, airplane):
        return self.of_days("24", airplane, departs=time(6), arrives=time(8))

    @pytest.fixture
    def late(self, early, airplane, now):
        late = self.of_days("35", airplane, departs=time(9), arrives=time(11))
        make_flights(now=now)
        return late

    def of_days(self, days, airplane, **times):
        pattern = a_pattern(starts_on=FIRST, ends_on=DAYS[-1], days=days, airplanes=(airplane,), **times)
        return Schedule.objects.with_pattern().get(pk=add_schedule(pattern).pk)

    def handed(self, early, late, now, *, becomes):
        """Which days each has flights of afterwards, and what was handed over."""
        schedules = [Schedule.objects.with_pattern().get(pk=each.pk) for each in (early, late)]
        flights = flights_of(dict.fromkeys(schedules, FIRST), now=now, lock=False)
        days = [
            pattern and replace(pattern_of(each), **pattern) for each, pattern in zip(schedules, becomes, strict=True)
        ]
        handed = hand_over(list(zip(schedules, days, strict=True)), flights, now=now)
        return [sorted(flight.departs_on for flight in flights[each.pk]) for each in (early, late)], handed

    def test_their_flights_become_the_others(self, early, late, now):
        days, handed = self.handed(early, late, now, becomes=[{"days": "35"}, {"days": "24"}])

        assert days == [[DAYS[1], DAYS[3]], [DAYS[0], DAYS[2]]]
        assert {day: each.departs for day, each in handed[early.pk].items()} == {DAYS[1]: time(9), DAYS[3]: time(9)}
        assert {day: each.departs for day, each in handed[late.pk].items()} == {DAYS[0]: time(6), DAYS[2]: time(6)}

    def test_the_flights_stay_and_get_other_times_which_nobody_moved_by_hand(self, early, late, now):
        becomes = replace(pattern_of(early), days="35")
        flights = list(late.flights.select_related("airplane"))
        by = dict.fromkeys((DAYS[1], DAYS[3]), pattern_of(late))

        found = differences(early, pattern_of(early), becomes, flights, now=now, handed=by)

        assert [(each.day, each.flight, each.by_hand) for each in found] == [(f.departs_on, f, False) for f in flights]
        changed = [each.wanted.differs_in(each.flight) for each in found if each.wanted and each.flight]
        assert [set(names) for names in changed] == [{"departs_at", "arrives_at"}] * 2

    def test_of_one_that_ends_they_become_those_of_who_flies_then(self, early, late, now):
        days, handed = self.handed(early, late, now, becomes=[None, {"days": "2345"}])

        assert days == [[], DAYS]
        assert list(handed) == [late.pk]

    @pytest.mark.parametrize("status", ["scheduled", "cancelled"])
    def test_what_nobody_takes_or_does_not_go_stays(self, early, late, now, status):
        early.flights.update(status=status)
        taken = {"days": "35"} if status == "scheduled" else {"days": "2345"}

        days, handed = self.handed(early, late, now, becomes=[{"days": "6"}, taken])

        assert (days, handed) == ([[DAYS[0], DAYS[2]], [DAYS[1], DAYS[3]]], {})

    def test_of_another_number_nothing_is_handed(self, early, late, airplane, now):
        Schedule.objects.filter(pk=late.pk).update(number="KV9")

        _days, handed = self.handed(early, late, now, becomes=[{"days": "35"}, {"days": "24"}])

        assert handed == {}

    def swapped(self, early, late):
        return [(one, replace(pattern_of(one), days=other.days)) for one, other in ((early, late), (late, early))]

    def test_are_written_where_they_meet_at_the_end_only(self, early, late):
        with transaction.atomic(), met_at_the_end():
            for each in self.swapped(early, late):
                write_patterns([each])

        assert {each.departs: each.days for each in Schedule.objects.all()} == {time(6): "35", time(9): "24"}

    def test_control_without_it_they_meet_on_the_way(self, early, late):
        with pytest.raises(IntegrityError, match="schedule_once_on_day"):
            write_patterns(self.swapped(early, late)[:1])

    def test_who_meets_at_the_end_as_well_is_refused(self, early, late):
        with pytest.raises(IntegrityError, match="schedule_once_on_day"), transaction.atomic(), met_at_the_end():
            write_patterns(self.swapped(early, late)[:1])


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
