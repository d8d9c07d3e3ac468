"""Patterns of the timetable, the flights that are made of them, and what of it cannot be flown."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from airlines import tasks
from airlines.models import AirplaneType, Airport, Flight, FlightCabin, FlightFare, Route, Schedule, StaleLow
from airlines.services import flight_making
from airlines.services.flight_making import horizon, make_flights
from airlines.services.schedule_conflicts import Flown, Kind, closed, coming_conflicts, conflicts_among, conflicts_of
from airlines.services.schedules import add_schedule, add_schedules, pattern_of
from airlines.services.scheduling import remove_flights
from airlines.tests.factories import AirplaneFactory, AirportFactory, a_pattern, make_flight, make_pricing_rule
from airlines.tests.races import at_once
from flights_project.lib import clock
from flights_project.lib.calls import Call

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)  # a Friday
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def airplane(db):
    return AirplaneFactory()


@pytest.fixture
def daily(airplane, now):
    return a_pattern(starts_on=TOMORROW, airplanes=(airplane,))


def days(**conditions):
    return list(Flight.objects.filter(**conditions).order_by("departs_at").values_list("departs_on", flat=True))


class TestAPattern:
    def test_is_kept_as_it_was_said(self, daily):
        schedule = add_schedule(replace(daily, ends_on=date(2027, 3, 27), days="135", floor_percent=80))

        assert pattern_of(Schedule.objects.with_pattern().get(pk=schedule.pk)) == replace(
            daily, ends_on=date(2027, 3, 27), days="135", floor_percent=80
        )

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"number": "KV0301"}, "number"),
            ({"days": "531"}, "days"),
            ({"days": ""}, "days"),
            ({"days": "1135"}, "days"),
            ({"ends_on": TODAY}, "ends_on"),
            ({"arrives": time(5)}, "arrives"),
            ({"day_offset": 1}, "arrives"),
            ({"day_offset": 3}, "day_offset"),
            ({"weekday_percents": (100, 100, 0, 100, 100, 100, 100)}, "weekday_percents"),
            ({"floor_percent": 101}, "floor_percent"),
            ({"ceiling_percent": 99}, "ceiling_percent"),
            ({"starts_on": date(1066, 10, 14)}, "starts_on"),
        ],
    )
    def test_a_wrong_field_is_named(self, daily, wrong, field):
        with pytest.raises(ValidationError) as refused:
            add_schedule(replace(daily, **wrong))

        assert field in refused.value.message_dict

    def test_an_airplane_of_another_type_is_named(self, daily):
        stranger = AirplaneFactory(model="ATR 72-600", registration="VT-ATR")

        with pytest.raises(ValidationError, match="VT-ATR is not of the type 32N A320neo") as refused:
            add_schedule(replace(daily, airplanes=(stranger,)))

        assert list(refused.value.message_dict) == ["airplanes"]

    def test_a_flight_to_where_it_is_and_a_fare_twice_are_refused(self, daily):
        with pytest.raises(ValidationError) as refused:
            add_schedule(replace(daily, destination=daily.origin, fares=daily.fares * 2))

        assert set(refused.value.message_dict) == {"destination", "fares"}

    @pytest.mark.parametrize(
        ("other", "meets"),
        [
            ({"days": "67"}, True),
            ({"starts_on": date(2027, 1, 1), "ends_on": None}, True),
            ({"days": "123"}, False),
            ({"starts_on": date(2027, 1, 2), "ends_on": None}, False),
            ({"number": "KV303"}, False),
        ],
    )
    def test_a_number_leaves_an_airport_by_one_pattern_a_day(self, daily, other, meets):
        weekend = replace(daily, days="567", ends_on=date(2027, 1, 1))
        add_schedule(weekend)
        second = replace(weekend, **{"ends_on": date(2027, 2, 1)} | other)

        if meets:
            with pytest.raises(ValidationError, match="already leaves from there"):
                add_schedule(second)
            with pytest.raises(IntegrityError, match="schedule_once_on_day"):
                add_schedules([second])
        else:
            assert add_schedule(second).pk

    def test_flies_on_its_days_of_its_period(self, daily):
        pattern = replace(daily, days="27", ends_on=date(2026, 12, 1))

        flown = list(pattern.days_flown(TODAY, date(2026, 12, 31)))

        assert flown == [date(2026, 11, 22), date(2026, 11, 24), date(2026, 11, 29), date(2026, 12, 1)]


class TestMaking:
    def test_every_day_until_the_horizon_once(self, daily, now, settings):
        settings.SCHEDULE_HORIZON = timedelta(days=10)
        add_schedule(daily)

        assert make_flights(now=now) == 9
        assert make_flights(now=now) == 0
        assert make_flights(now=now + timedelta(days=2)) == 2
        assert days() == [TOMORROW + timedelta(days=n) for n in range(11)]

    def test_what_is_made_is_on_sale_and_found_by_search(self, daily, now):
        add_schedule(replace(daily, weekday_percents=(100, 100, 100, 100, 100, 90, 120), ends_on=date(2026, 11, 22)))

        make_flights(now=now)

        assert Route.objects.get().origin == daily.origin
        assert set(StaleLow.objects.values_list("departs_on", flat=True)) == {TOMORROW, date(2026, 11, 22)}
        assert list(FlightCabin.objects.values_list("cabin", "capacity")) == [("business", 8), ("economy", 150)] * 2
        references = FlightFare.objects.order_by("flight_cabin__flight__departs_on")
        assert list(references.values_list("reference_amount", flat=True)) == [3600, 4800]

    def test_fares_are_priced_by_the_rules_between_their_limits(self, daily, now):
        make_pricing_rule("Late", days={0: 300, 10: 100})
        add_schedule(replace(daily, floor_percent=75, ceiling_percent=220, ends_on=TOMORROW))

        make_flights(now=now)

        fare = FlightFare.objects.get()
        assert (fare.priced_by, fare.amount) == ("rules", 8800)
        assert (fare.floor_amount, fare.ceiling_amount) == (3000, 8800)

    @pytest.mark.parametrize("zone_changes", [date(2027, 3, 28), date(2027, 10, 31)])
    def test_local_times_stay_across_daylight_saving(self, daily, now, settings, zone_changes):
        settings.SCHEDULE_HORIZON = timedelta(days=400)
        first, last = zone_changes - timedelta(days=1), zone_changes + timedelta(days=1)
        pattern = replace(
            daily,
            origin=AirportFactory(iata="LHR"),
            destination=AirportFactory(iata="DEL"),
            departs=time(20, 30),
            arrives=time(10),
            day_offset=1,
            starts_on=first,
            ends_on=last,
        )
        add_schedule(pattern)

        make_flights(now=now)

        flights = Flight.objects.order_by("departs_on")
        assert [flight.departs_on for flight in flights] == [first, zone_changes, last]
        london, delhi = clock.zone("Europe/London"), clock.zone("Asia/Kolkata")
        assert {f"{flight.departs_at.astimezone(london):%H:%M}" for flight in flights} == {"20:30"}
        assert {f"{flight.arrives_at.astimezone(delhi):%H:%M}" for flight in flights} == {"10:00"}
        assert len({flight.departs_at.time() for flight in flights}) == 2

    def test_airplanes_take_turns_by_the_day(self, daily, now):
        pair = (AirplaneFactory(), AirplaneFactory())
        add_schedule(replace(daily, airplanes=pair, ends_on=TOMORROW + timedelta(days=3)))

        make_flights(now=now)

        first, second, *rest = Flight.objects.order_by("departs_on").values_list("airplane", flat=True)
        assert first != second
        assert rest == [first, second]

    def test_without_an_airplane_of_its_own_one_that_can_flies_it(self, daily, airplane, now):
        other = AirplaneFactory()
        make_flight(departs_at=datetime(2026, 11, 21, 0, 45, tzinfo=UTC), airplane=airplane)  # away at six in India
        add_schedule(replace(daily, airplanes=(), ends_on=TOMORROW))

        make_flights(now=now)

        assert Flight.objects.get(number="KV301").airplane_id == other.pk
        assert coming_conflicts(now=now, days=3) == []

    def test_two_patterns_out_and_back_are_flown_by_one_airplane(self, daily, airplane, now):
        AirplaneFactory()
        add_schedule(replace(daily, airplanes=()))
        add_schedule(a_pattern("BOM", "DEL", number="KV302", starts_on=TOMORROW, departs=time(9), arrives=time(11)))

        make_flights(now=now, until=TOMORROW + timedelta(days=5))

        assert set(Flight.objects.values_list("airplane", flat=True)) == {airplane.pk}
        assert coming_conflicts(now=now, days=9) == []

    def test_what_is_there_stays_and_becomes_its_own(self, daily, now):
        there = make_flight(number="KV301", departs_at=datetime(2026, 11, 21, 3, tzinfo=UTC))
        schedule = add_schedule(daily)

        make_flights(now=now, until=TOMORROW + timedelta(days=1))

        there.refresh_from_db()
        assert (there.schedule, there.departs_at.hour) == (schedule, 3)
        assert days() == [TOMORROW, TOMORROW + timedelta(days=1)]

    def test_what_staff_have_taken_out_stays_out(self, daily, now):
        add_schedule(daily)
        make_flights(now=now)

        remove_flights([Flight.objects.earliest("departs_at")])

        assert make_flights(now=now + timedelta(days=1)) == 1
        assert TOMORROW not in days()

    def test_hours_that_have_passed_are_not_made(self, daily, now):
        add_schedule(replace(daily, starts_on=TODAY))  # it is noon, and it would have left at six

        make_flights(now=now, until=TOMORROW)

        assert days() == [TOMORROW]

    def test_one_that_nothing_can_fly_keeps_no_other_from_being_made(self, daily, now):
        add_schedule(replace(daily, number="KV999", airplanes=(), airplane_type=_type_without_airplanes()))
        add_schedule(daily)

        assert make_flights(now=now, until=TOMORROW) == 1
        assert Schedule.objects.get(number="KV999").made_until is None

    def test_the_clock_makes_them_and_leaves_the_rest_to_another_call(self, daily, now):
        add_schedule(daily)

        with patch.object(tasks, "SECONDS_OF_MAKING", -1), patch.object(Call, "out") as again:
            assert tasks.make_flights() == 0
        assert again.called
        assert tasks.make_flights() == 119
        assert days()[-1] == horizon(now)

    def test_no_batch_is_begun_when_the_time_is_over(self, daily, now):
        add_schedule(daily)

        assert flight_making.make_for(-1, now=now) == (0, False)
        assert flight_making.make_for(60, now=now) == (119, True)

    def test_a_worker_is_called_after_commit(self, db, django_capture_on_commit_callbacks):
        with patch.object(Call, "out") as call:
            with django_capture_on_commit_callbacks(execute=True):
                flight_making.make_soon()
                assert not call.called
            assert call.called

    @pytest.mark.parametrize("schedules", [1, 3])
    def test_asks_no_more_for_more_schedules(self, daily, now, schedules, django_assert_num_queries):
        for number in range(schedules):
            add_schedule(replace(daily, number=f"KV{number + 1}"))

        with django_assert_num_queries(22):
            make_flights(now=now, until=TOMORROW)


def _type_without_airplanes():
    return AirplaneType.objects.create(code="388", name="A380", turnaround_minutes=120)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    @pytest.fixture
    def waiting(self, daily):
        add_schedule(daily)

    def test_each_day_is_made_once_and_nobody_fails(self, waiting, now):
        made: list[int] = []

        outcomes = at_once(lambda _n: made.append(make_flights(now=now)), clients=4)

        assert outcomes == {"done": 4}
        assert sorted(made) == [0, 0, 0, 119]

    def test_without_the_lock_they_run_into_each_other(self, waiting, now):
        def unlocked(schedules, until):
            return list(Schedule.objects.due(until).filter(pk__in=schedules).with_pattern())

        with patch.object(flight_making, "lock_due", unlocked), patch.object(flight_making, "log") as log:
            at_once(lambda _n: make_flights(now=now), clients=4)

        assert log.warning.called  # the constraint holds what the lock does not
        assert Flight.objects.count() == 119


class TestConflicts:
    @pytest.fixture
    def flown(self, airplane):
        places = {iata: AirportFactory(iata=iata) for iata in ("DEL", "BOM", "BLR")}

        def flown(route: str, departs: str, arrives: str, number: str) -> Flown:
            origin, destination = route.split("-")
            left, landed = (datetime.combine(TOMORROW, time.fromisoformat(at), tzinfo=UTC) for at in (departs, arrives))
            return Flown(number, airplane, places[origin], places[destination], left, landed, TOMORROW)

        return flown

    @pytest.mark.parametrize(
        ("second", "kind"),
        [
            (("BOM-DEL", "08:40", "10:40"), None),
            (("BOM-DEL", "08:39", "10:40"), Kind.TURNAROUND),
            (("BOM-DEL", "07:59", "10:40"), Kind.TWO_PLACES),
            (("BLR-DEL", "12:00", "14:40"), Kind.NOT_THERE),
        ],
    )
    def test_by_what_an_airplane_did_before(self, flown, second, kind):
        pair = [flown("DEL-BOM", "06:00", "08:00", "KV1"), flown(*second, "KV2")]

        found = conflicts_among(pair, {"A320neo": timedelta(minutes=40)})

        assert [(conflict.kind, conflict.flown.number) for conflict in found] == ([(kind, "KV2")] if kind else [])

    def test_a_long_flight_is_in_the_way_of_all_that_it_covers(self, flown):
        line = [
            flown("DEL-BOM", "06:00", "12:00", "KV1"),
            flown("BOM-DEL", "07:00", "08:00", "KV2"),
            flown("BOM-DEL", "09:00", "10:00", "KV3"),
        ]

        found = conflicts_among(line, {})

        assert [(each.kind, each.flown.number, each.before and each.before.number) for each in found] == [
            (Kind.TWO_PLACES, "KV2", "KV1"),
            (Kind.TWO_PLACES, "KV3", "KV1"),
        ]

    @pytest.mark.parametrize(
        ("curfew", "at", "shut"),
        [
            (("23:00", "05:00"), "23:00", True),
            (("23:00", "05:00"), "04:59", True),
            (("23:00", "05:00"), "05:00", False),
            (("23:00", "05:00"), "12:00", False),
            (("01:00", "05:00"), "00:59", False),
            (("01:00", "05:00"), "01:00", True),
            ((None, None), "03:00", False),
        ],
    )
    def test_an_airport_sleeps_until_its_end(self, curfew, at, shut):
        start, end = (each and time.fromisoformat(each) for each in curfew)

        assert closed(Airport(closed_from=start, closed_until=end), time.fromisoformat(at)) is shut

    def test_the_coming_days_are_looked_at_by_local_time(self, daily, now):
        Airport.objects.filter(iata="BOM").update(closed_from=time(7), closed_until=time(9))
        add_schedule(replace(daily, ends_on=TOMORROW))
        make_flights(now=now)

        [conflict] = coming_conflicts(now=now, days=2)

        assert (conflict.kind, conflict.airport, conflict.flown.number) == (Kind.CURFEW, daily.destination, "KV301")

    def test_of_a_flight_with_what_its_airplane_flies_around_it(self, airplane, in_a_month, django_assert_num_queries):
        first = make_flight(departs_at=in_a_month, airplane=airplane)
        make_flight("BOM", "DEL", departs_at=first.arrives_at - timedelta(minutes=10), airplane=airplane)
        beside = make_flight(departs_at=in_a_month)

        with django_assert_num_queries(2):
            [conflict] = conflicts_of(first)
        assert (conflict.kind, conflict.before and conflict.before.flight) == (Kind.TWO_PLACES, first.pk)
        assert conflicts_of(beside) == []

    def test_in_one_question_for_flights_and_one_for_types(self, daily, now, django_assert_num_queries):
        add_schedule(daily)
        make_flights(now=now)

        with django_assert_num_queries(2):
            assert len(coming_conflicts(now=now, days=5)) == 4  # every day it leaves from where it is not
