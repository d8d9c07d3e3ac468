"""The lowest price of a day is what a search for that day would offer cheapest, and stays so whatever changes."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from airlines.models import Airport, Flight, FlightCabin, FlightFare, Low, StaleLow, TaxRule
from airlines.services import fares, inventory, scheduling, stale_lows
from airlines.services.lowest import all_pairs, code_of, places_of
from airlines.services.lows import anywhere, cheapest_journeys, lows_around, lows_by_day
from airlines.services.pricing import Party
from airlines.services.ranking import Sort
from airlines.services.reference import read_now
from airlines.services.search import SearchQuery, SliceQuery, search
from airlines.services.stale_lows import Mark, mark, mark_all, refresh_stale
from airlines.tasks import refresh_lows
from airlines.tests.factories import AirportFactory, TaxRuleFactory, fare_of, make_flight
from airlines.tests.races import PATIENCE, somebody_waits
from airlines.tests.reading import read
from conftest import NOW
from flights_project.local.server import wait_until

DAY = date(2026, 12, 20)


def place(code):
    found = read_now().place(code)
    assert found is not None
    return found


def cheapest_offer(now, *slices):
    """The total of the cheapest offer of a search without filters, None where there is none."""
    query = SearchQuery(
        slices=tuple(
            SliceQuery(origin=place(origin), destination=place(destination), depart_on=day)
            for origin, destination, day in slices
        ),
        party=Party(),
        cabin="economy",
        sort=Sort.PRICE,
    )
    offers = search(query, now=now).offers
    return offers[0].total if offers else None


def low_of(now, origin="DEL", destination="BOM", day=DAY):
    [found] = lows_by_day(
        origin=place(origin), destination=place(destination), first=day, last=day, cabin="economy", now=now
    )
    return found.total


def assert_lows_are_what_a_search_offers(now, days):
    read = read_now()
    for origin, destination in all_pairs(places_of(read)):
        for day in days:
            assert low_of(now, origin, destination, day) == cheapest_offer(now, (origin, destination, day)), (
                origin,
                destination,
                day,
            )


LEGS = [
    ("DEL", "BOM"),
    ("BOM", "DEL"),
    ("DEL", "BLR"),
    ("BLR", "BOM"),
    ("BOM", "LHR"),
    ("DEL", "LGW"),
    ("LHR", "JFK"),
    ("LGW", "JFK"),
    ("JFK", "LHR"),
]
FLIGHTS = st.lists(
    st.tuples(
        st.sampled_from(LEGS),
        st.integers(0, 70),  # hours from the first
        st.sampled_from([2, 5, 9]),  # hours in the air
        st.dictionaries(st.sampled_from(["light", "flex"]), st.integers(1, 9), min_size=1),
        st.integers(0, 2),  # seats
    ),
    min_size=1,
    max_size=14,
)
CHANGES = st.lists(st.tuples(st.sampled_from(["price", "sell out", "cancel"]), st.integers(0, 13)), max_size=4)


class AnyTimetable(TestCase):
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(flights=FLIGHTS, changes=CHANGES, tax=st.integers(0, 3))
    def test_every_low_is_the_cheapest_offer_of_its_search_before_and_after_any_change(self, flights, changes, tax):
        TaxRuleFactory(amount=tax * 100, origin_country="IN")
        made = [
            make_flight(
                *leg,
                departs_at=NOW + timedelta(days=30, hours=hours),
                hours=length,
                fares={family: 1000 * price for family, price in prices.items()},
            )
            for leg, hours, length, prices, _seats in flights
        ]
        for flight, (*_rest, seats) in zip(made, flights, strict=True):
            FlightCabin.objects.filter(flight=flight, cabin="economy").update(capacity=seats)
        days = [DAY + timedelta(days=n) for n in range(-1, 4)]
        refresh_stale(now=NOW)
        assert_lows_are_what_a_search_offers(NOW, days)

        for change, index in changes:
            apply(change, made[index % len(made)])
        refresh_stale(now=NOW)
        assert_lows_are_what_a_search_offers(NOW, days)
        assert not StaleLow.objects.exists()


def apply(change, flight):
    match change:
        case "price":
            fare = FlightFare.objects.filter(flight_cabin__flight=flight).order_by("pk")[0]
            fares.change_fare(fare=fare, amount=Decimal(500) if fare.amount > 3000 else Decimal(9500))
        case "sell out":
            cabins = inventory.lock_cabins(flights=[flight.pk], cabin="economy")
            if cabins and cabins[0].seats_left:
                inventory.hold_seats(cabins=cabins, seats=cabins[0].seats_left)
        case "cancel":
            Flight.objects.filter(pk=flight.pk).update(status=Flight.Status.CANCELLED)
            mark([Mark((flight.origin_id, flight.destination_id), flight.departs_on)])


@pytest.fixture
def fresh(flight, now):
    """A flight from Delhi to Mumbai for 4,000, whose low is known."""
    refresh_stale(now=now)
    return flight


@pytest.fixture
def flight(db, in_a_month):
    return make_flight(departs_at=in_a_month, seats=2)


class TestMarks:
    def test_a_flight_on_sale_has_a_low_with_its_taxes(self, now, flight):
        TaxRuleFactory(amount=300)

        refresh_stale(now=now)

        assert low_of(now) == Decimal(4300)

    def test_a_changed_price_changes_it(self, now, fresh):
        fares.change_fare(fare=fare_of(fresh), amount=Decimal(3500))

        assert refresh_stale(now=now) == 1
        assert low_of(now) == Decimal(3500)

    def test_only_the_last_seat_matters(self, now, fresh):
        def hold():
            inventory.hold_seats(cabins=inventory.lock_cabins(flights=[fresh.pk], cabin="economy"), seats=1)

        hold()
        assert not StaleLow.objects.exists()
        hold()
        assert StaleLow.objects.exists()
        refresh_stale(now=now)
        assert low_of(now) is None

        inventory.release_held_seats(cabins=inventory.lock_cabins(flights=[fresh.pk], cabin="economy"), seats=1)
        refresh_stale(now=now)
        assert low_of(now) == Decimal(4000)

    def test_what_is_rolled_back_marks_nothing(self, now, fresh):
        with transaction.atomic():
            fares.change_fare(fare=fare_of(fresh), amount=Decimal(1))
            transaction.set_rollback(True)

        assert not StaleLow.objects.exists()

    def test_a_moved_flight_leaves_its_day(self, now, fresh, in_a_month):
        scheduling.correct_flight(
            flight=fresh, departs_at=in_a_month + timedelta(days=2), arrives_at=in_a_month + timedelta(days=2, hours=2)
        )

        refresh_stale(now=now)
        assert (low_of(now), low_of(now, day=DAY + timedelta(days=2))) == (None, Decimal(4000))

    def test_a_removed_flight_is_gone(self, now, fresh):
        scheduling.remove_flights([fresh])

        refresh_stale(now=now)
        assert not Low.objects.exists()

    def test_a_changed_tax_changes_all(self, now, fresh):
        TaxRule.objects.create(code="ZZ", name="New", amount=50)

        refresh_stale(now=now)
        assert low_of(now) == Decimal(4050)

    def test_a_flight_that_is_closed_for_sale_is_no_low_any_more(self, now, flight, in_a_month):
        make_flight(departs_at=in_a_month + timedelta(hours=5), fares={"light": 9000})
        refresh_stale(now=now)
        closed = in_a_month - timedelta(minutes=45)
        assert low_of(closed - timedelta(seconds=1)) == Decimal(4000)

        assert low_of(closed) is None
        refresh_stale(now=closed)
        assert low_of(closed) == Decimal(9000)

    def test_days_that_have_passed_drop_out(self, now, fresh, in_a_month):
        refresh_stale(now=in_a_month + timedelta(days=3))

        assert not Low.objects.exists()
        assert not StaleLow.objects.exists()

    def test_a_connection_is_marked_by_each_of_its_flights(self, now, fresh, in_a_month):
        onward = make_flight("BOM", "LHR", departs_at=in_a_month + timedelta(hours=12), hours=9)
        refresh_stale(now=now)
        assert low_of(now, "DEL", "LON") == Decimal(8000)

        fares.change_fare(fare=fare_of(onward), amount=Decimal(1000))
        refresh_stale(now=now)
        assert low_of(now, "DEL", "LHR") == Decimal(5000)

    def test_a_connection_is_sold_in_the_families_of_all_its_flights(self, now, fresh, in_a_month):
        make_flight("BOM", "LHR", departs_at=in_a_month + timedelta(hours=12), hours=9, fares={"flex": 5000})
        refresh_stale(now=now)

        assert low_of(now, "DEL", "LON") is None

    def test_a_round_that_finds_nothing_stale_does_nothing(self, now, fresh, django_assert_num_queries):
        assert refresh_stale(now=now) == 0

    def test_a_mark_of_an_airport_that_is_gone_harms_nobody(self, now, fresh):
        mark([Mark((10**9, 10**9 + 1), DAY), Mark((fresh.origin_id, 10**9), DAY)])

        assert refresh_stale(now=now) == 2


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """Two connections at once, met at barriers."""

    def in_a_thread(self, work):
        def run():
            try:
                work()
            finally:
                connection.close()

        thread = Thread(target=run)
        thread.start()
        return thread

    def test_a_change_that_commits_during_a_round_is_not_lost(self, now, flight, monkeypatch):
        """The round has read the old price when the new one commits: its mark stays for the next."""
        refresh_stale(now=now)
        fares.change_fare(fare=fare_of(flight), amount=Decimal(3000))
        read, changed = Barrier(2, timeout=PATIENCE), Barrier(2, timeout=PATIENCE)
        lowest_of = stale_lows.lowest_of

        def read_then_wait(*args, **kwargs):
            found = list(lowest_of(*args, **kwargs))
            if not read.broken and any(found):
                read.wait()
                changed.wait()
                read.abort()
            return found

        monkeypatch.setattr(stale_lows, "lowest_of", read_then_wait)
        round_ = self.in_a_thread(lambda: stale_lows._refresh_some(now))
        read.wait()
        fares.change_fare(fare=fare_of(flight), amount=Decimal(2000))
        changed.wait()
        round_.join(PATIENCE)
        assert low_of(now) == Decimal(3000)  # as the round had read it
        assert StaleLow.objects.count() == 1

        refresh_stale(now=now)
        assert low_of(now) == Decimal(2000)

    def two_rounds(self, now, flight, monkeypatch):
        """The first round has read the old price, and writes after a second round could have written the new one."""
        refresh_stale(now=now)
        fares.change_fare(fare=fare_of(flight), amount=Decimal(3000))
        read, second = Barrier(2, timeout=PATIENCE), Barrier(2, timeout=PATIENCE)
        lowest_of = stale_lows.lowest_of
        first_round: list[bool] = []

        def read_then_wait(*args, **kwargs):
            found = list(lowest_of(*args, **kwargs))
            if found and not first_round:
                first_round.append(True)
                read.wait()
                second.wait()
            return found

        monkeypatch.setattr(stale_lows, "lowest_of", read_then_wait)
        first = self.in_a_thread(lambda: stale_lows._refresh_some(now))
        read.wait()
        fares.change_fare(fare=fare_of(flight), amount=Decimal(2000))
        other = self.in_a_thread(lambda: stale_lows._refresh_some(now))
        assert wait_until(lambda: not other.is_alive() or somebody_waits(), PATIENCE)
        second.wait()
        first.join(PATIENCE)
        other.join(PATIENCE)
        return low_of(now)

    def test_two_rounds_of_one_day_write_one_after_the_other(self, now, flight, monkeypatch):
        assert self.two_rounds(now, flight, monkeypatch) == Decimal(2000)

    def test_without_the_lock_the_older_price_would_stand(self, now, flight, monkeypatch):
        monkeypatch.setattr(stale_lows, "_lock", lambda days: None)

        assert self.two_rounds(now, flight, monkeypatch) == Decimal(3000)

    def second_round(self, now, monkeypatch):
        """How many marks a round takes while another is at work on a whole day."""
        refresh_stale(now=now)
        mark_all(now=now)
        works, done = Barrier(2, timeout=PATIENCE), Barrier(2, timeout=PATIENCE)
        lowest_of = stale_lows.lowest_of
        rounds: list[int] = []

        def work(*args, **kwargs):
            if not rounds:
                rounds.append(1)
                works.wait()
                done.wait()
            return lowest_of(*args, **kwargs)

        monkeypatch.setattr(stale_lows, "lowest_of", work)
        first = self.in_a_thread(lambda: stale_lows._refresh_some(now))
        works.wait()
        taken = stale_lows._refresh_some(now)
        done.wait()
        first.join(PATIENCE)
        return taken

    def test_whole_days_keep_one_worker_busy_and_no_more(self, now, flight, monkeypatch):
        left = StaleLow.objects.count
        assert self.second_round(now, monkeypatch) == 0
        assert left() > 0
        assert refresh_stale(now=now) > 0
        assert left() == 0

    def test_control_they_would_keep_all_of_them_busy(self, now, flight, monkeypatch):
        monkeypatch.setattr(stale_lows, "_alone_with_whole_days", lambda: True)

        assert self.second_round(now, monkeypatch) > 0

    def test_a_worker_that_dies_leaves_its_marks(self, now, flight, monkeypatch):
        fares.change_fare(fare=fare_of(flight), amount=Decimal(3000))

        def die(*args, **kwargs):
            raise SystemExit

        monkeypatch.setattr(stale_lows, "_write", die)
        with pytest.raises(SystemExit):
            refresh_stale(now=now)
        monkeypatch.undo()

        refresh_stale(now=now)
        assert low_of(now) == Decimal(3000)

    def test_a_mark_waits_for_nobody(self, now, flight):
        """Two price changes of one route mark at once, and a round takes what has committed."""
        first, second = make_flight(departs_at=flight.departs_at), make_flight(departs_at=flight.departs_at)
        refresh_stale(now=now)
        marked = Barrier(2, timeout=PATIENCE)

        def change_and_wait():
            with transaction.atomic():
                fares.change_fare(fare=fare_of(first), amount=Decimal(3000))
                marked.wait()
                marked.wait()

        other = self.in_a_thread(change_and_wait)
        marked.wait()
        fares.change_fare(fare=fare_of(second), amount=Decimal(3500))
        assert refresh_stale(now=now) == 1
        assert low_of(now) == Decimal(3500)
        marked.wait()
        other.join(PATIENCE)

        refresh_stale(now=now)
        assert low_of(now) == Decimal(3000)


class TestQuestions:
    def test_a_month_says_each_day(self, now, fresh, django_assert_num_queries):
        origin, destination = place("DEL"), place("BOM")
        with django_assert_num_queries(1):
            month = lows_by_day(
                origin=origin,
                destination=destination,
                first=date(2026, 12, 1),
                last=date(2026, 12, 31),
                cabin="economy",
                now=now,
            )

        assert len(month) == 31
        assert [(each.day, each.total) for each in month if each.total] == [(DAY, Decimal(4000))]

    @pytest.mark.parametrize("stay", [2, 3, 5])
    def test_the_days_around_a_return_cost_what_a_search_for_them_would(self, now, fresh, in_a_month, stay):
        """In one fare family out and back, though each way has a cheaper one."""
        make_flight(departs_at=in_a_month + timedelta(days=1), fares={"light": 1000, "flex": 6000})
        for days in range(stay - 1, stay + 3):
            make_flight(
                "BOM", "DEL", departs_at=in_a_month + timedelta(days=days), fares={"flex": 3000 + days, "light": 5000}
            )
        refresh_stale(now=now)

        grid = lows_around(
            origin=place("DEL"),
            destination=place("BOM"),
            depart_on=DAY,
            return_on=DAY + timedelta(days=stay),
            cabin="economy",
            now=now,
        )

        assert [len(row) for row in grid] == [7] * 7
        asked = [cell for row in grid for cell in row if cell.depart_on <= cell.return_on]
        assert any(cell.total for cell in asked)
        for cell in asked:
            offered = cheapest_offer(now, ("DEL", "BOM", cell.depart_on), ("BOM", "DEL", cell.return_on))
            assert cell.total == offered, (cell.depart_on, cell.return_on)

    def test_a_way_back_that_leaves_before_the_landing_has_no_price(self, now, fresh, in_a_month):
        make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=2))
        refresh_stale(now=now)

        grid = lows_around(
            origin=place("DEL"), destination=place("BOM"), depart_on=DAY, return_on=DAY, cabin="economy", now=now
        )

        assert all(cell.total is None for row in grid for cell in row)

    def test_anywhere_is_by_price_with_each_city_once(self, now, fresh, in_a_month, django_assert_num_queries):
        for airport, price in (("LHR", 9000), ("LGW", 7000)):
            make_flight("DEL", airport, departs_at=in_a_month + timedelta(days=1), hours=9, fares={"light": price})
        make_flight(departs_at=in_a_month + timedelta(days=3), fares={"light": 3000})
        refresh_stale(now=now)
        origin = place("DEL")
        asked = {"origin": origin, "first": DAY, "last": DAY + timedelta(days=9), "cabin": "economy", "now": now}

        with django_assert_num_queries(2):  # the stamp of the network, and the lows
            found = anywhere(**asked)

        assert [(each.destination.code, each.low.total, each.low.departs_on) for each in found] == [
            ("BOM", 3000, DAY + timedelta(days=3)),
            ("LON", 7000, DAY + timedelta(days=1)),
        ]
        assert [each.destination.code for each in anywhere(**asked, country="GB")] == ["LON"]

    def test_the_cheapest_journeys_of_a_day(self, now, fresh, in_a_month):
        make_flight("BOM", "DEL", departs_at=in_a_month, fares={"light": 2000})
        refresh_stale(now=now)

        found = cheapest_journeys(day=DAY, at_most=5, now=now)

        assert [(code_of(each.origin), each.low.total) for each in found] == [("BOM", 2000), ("DEL", 4000)]

    def test_another_airlines_are_not_praised_however_cheap(self, now, fresh, in_a_month):
        make_flight("BOM", "DEL", departs_at=in_a_month, fares={"light": 2000}, number="ZZ100")
        refresh_stale(now=now)

        assert [code_of(each.origin) for each in cheapest_journeys(day=DAY, at_most=5, now=now)] == ["DEL"]

    def test_reading_uses_an_index(self, now, fresh):
        """At a size at which it matters: a quarter of a million lows are read by ranges of their keys."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO airlines_low (origin, destination, cabin, departs_on, total, family_id, flights,"
                " departs_at, arrives_at, by_family)"
                " SELECT 'A' || lpad(o::text, 2, '0'), 'B' || lpad(d::text, 2, '0'), 'economy',"
                " date '2026-12-01' + day,"
                " 1, (SELECT min(id) FROM airlines_farefamily), '{}', now(), now(), '[]'"
                " FROM generate_series(1, 40) o, generate_series(1, 40) d, generate_series(1, 20) day"
            )
            cursor.execute("ANALYZE airlines_low")
            for question in (
                Low.objects.filter(origin="A01", destination="B02", cabin="economy", departs_on__range=(DAY, DAY)),
                Low.objects.filter(origin="A01", cabin="economy", departs_on__range=(DAY, DAY)),
                Low.objects.filter(departs_at__lte=NOW - timedelta(days=900)),
            ):
                plan = question.explain()
                assert "Seq Scan" not in plan, plan


def test_all_is_marked_on_request(now, fresh):
    mark_all(now=now)

    assert StaleLow.objects.filter(departs_on=DAY, origin=None).exists()
    assert refresh_stale(now=now) > 0
    assert low_of(now) == Decimal(4000)


@pytest.mark.django_db
def test_a_network_without_flights_has_no_lows(now):
    for iata in ("DEL", "LHR"):
        AirportFactory(iata=iata)
    mark_all(now=now)

    refresh_stale(now=now)

    assert Airport.objects.count() == 2
    assert not Low.objects.exists()


CALENDAR = "/api/v1/search/calendar/?origin=DEL&destination=BOM&month=2026-12"
FLEXIBLE = "/api/v1/search/flexible/?origin=DEL&destination=BOM&depart_on=2026-12-20&return_on=2026-12-20"
DESTINATIONS = "/api/v1/search/destinations/?origin=DEL&month=2026-12"


class TestApi:
    def test_the_calendar_has_every_day(self, api, now, fresh):
        days = api.get(CALENDAR).json()["days"]

        assert [day["date"] for day in days] == [f"2026-12-{n:02d}" for n in range(1, 32)]
        assert days[19]["lowest"] == {
            "total": {"amount": "4000.00", "currency": "INR"},
            "stops": 0,
            "duration": "PT2H0M",
            "flights": [fresh.pk],
        }
        assert days[18]["lowest"] is None

    def test_the_grid_has_every_pair_of_days(self, api, now, fresh, in_a_month):
        make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=3), fares={"light": 1500})
        refresh_stale(now=now)

        results = api.get(FLEXIBLE.replace("return_on=2026-12-20", "return_on=2026-12-23")).json()["results"]

        assert len(results) == 49
        assert [each for each in results if each["total"]] == [
            {
                "depart_on": "2026-12-20",
                "return_on": "2026-12-23",
                "total": {"amount": "5500.00", "currency": "INR"},
            }
        ]

    def test_destinations_come_by_price(self, api, now, fresh):
        [found] = api.get(DESTINATIONS).json()["results"]

        assert (found["destination"], found["city"], found["country"]) == ("BOM", "Mumbai", "IN")
        assert (found["depart_on"], found["lowest"]["total"]["amount"]) == ("2026-12-20", "4000.00")
        assert api.get(DESTINATIONS + "&country=in").json()["results"] == [found]
        assert api.get(DESTINATIONS + "&country=GB").json()["results"] == []
        assert api.get(DESTINATIONS + "&cabin=business").json()["results"] == []

    @pytest.mark.parametrize(
        ("path", "changes", "field"),
        [
            (CALENDAR, {"month": "2027-09"}, "month"),
            (CALENDAR, {"month": "2026-10"}, "month"),
            (CALENDAR, {"month": "2026-13"}, "month"),
            (CALENDAR, {"month": "9999-12"}, "month"),
            (CALENDAR, {"month": "0000-01"}, "month"),
            (CALENDAR, {"month": "2026-12\0"}, "month"),
            (CALENDAR, {"month": ""}, "month"),
            (CALENDAR, {"origin": "XXX"}, "origin"),
            (CALENDAR, {"origin": "x" * 10_000}, "origin"),
            (CALENDAR, {"origin": "D\0L"}, "origin"),
            (CALENDAR, {"destination": "DEL"}, "destination"),
            (CALENDAR, {"cabin": "cargo"}, "cabin"),
            (CALENDAR, {"adults": "2"}, "adults"),
            (FLEXIBLE, {"return_on": "2026-12-19"}, "return_on"),
            (FLEXIBLE, {"return_on": "2099-12-19"}, "return_on"),
            (FLEXIBLE, {"depart_on": "2026-11-01"}, "depart_on"),
            (FLEXIBLE, {"depart_on": "soon"}, "depart_on"),
            (DESTINATIONS, {"depart_on": "2026-12-20"}, "depart_on"),
            (DESTINATIONS, {"month": ""}, "month"),
            (DESTINATIONS, {"country": "XX"}, "country"),
            (DESTINATIONS, {"country": "IND"}, "country"),
            (DESTINATIONS, {"destination": "BOM"}, "destination"),
        ],
    )
    def test_what_is_wrong_is_named(self, api, now, fresh, path, changes, field):
        address, _, asked = path.partition("?")
        answer = api.get(address, dict(pair.split("=") for pair in asked.split("&")) | changes)

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]

    def test_a_parameter_sent_twice_is_refused(self, api, now, fresh):
        assert "month" in api.get(f"{CALENDAR}&month=2026-12").json()["errors"]


class TestPages:
    def test_the_calendar_leads_to_the_search(self, client, now, fresh):
        page = read(client.get("/search/calendar/?origin=DEL&destination=BOM&month=2026-12"))

        assert "New Delhi to Mumbai, day by day" in page.words
        assert "depart_on=2026-12-20" in page.link("₹4,000")
        assert "₹4,000" in read(client.get(page.link("₹4,000"))).words

    def test_the_calendar_has_months_beside_it(self, client, now, fresh):
        page = read(client.get("/search/calendar/?origin=DEL&destination=BOM&month=2026-12"))

        assert "month=2026-11" in page.link("November 2026")
        assert "January 2027" not in page.links

    def test_the_grid_leads_to_the_return(self, client, now, fresh, in_a_month):
        make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=3), fares={"light": 1500})
        refresh_stale(now=now)

        page = read(
            client.get("/search/flexible/?origin=DEL&destination=BOM&depart_on=2026-12-20&return_on=2026-12-22")
        )

        assert "return_on=2026-12-23" in page.link("₹5,500")
        assert "₹5,500" in read(client.get(page.link("₹5,500"))).words

    def test_anywhere_leads_to_the_search_and_the_calendar(self, client, now, fresh):
        page = read(client.get("/search/anywhere/?origin=DEL&month=2026-12"))

        assert "Anywhere from New Delhi" in page.words
        assert "depart_on=2026-12-20" in page.link("Mumbai.*₹4,000")
        assert "month=2026-12" in page.link("All days to Mumbai")

    @pytest.mark.parametrize("path", ["calendar", "flexible", "anywhere"])
    def test_a_question_not_asked_yet_is_no_fault(self, client, now, fresh, path):
        page = read(client.get(f"/search/{path}/"))

        assert "There is a problem" not in page.words
        assert "origin" in page.fields

    @pytest.mark.parametrize("path", ["calendar", "flexible", "anywhere"])
    def test_a_fault_is_named(self, client, now, fresh, path):
        page = read(client.get(f"/search/{path}/?origin=Atlantis"))

        assert "We know no airport or city called “Atlantis”" in page.words

    def test_results_show_the_days_around(self, client, now, fresh, in_a_month):
        make_flight(departs_at=in_a_month + timedelta(days=1), fares={"light": 3000})
        refresh_stale(now=now)

        page = read(client.get("/search/?origin=DEL&destination=BOM&depart_on=2026-12-20&trip=oneway"))

        assert "depart_on=2026-12-21" in page.link("Mon 21 Dec.*₹3,000")
        assert "month=2026-12" in page.link("See the whole month")

    def test_results_of_a_return_lead_to_its_grid(self, client, now, fresh):
        page = read(
            client.get("/search/?origin=DEL&destination=BOM&depart_on=2026-12-20&return_on=2026-12-20&trip=return")
        )

        assert page.link("Prices of the days around these").startswith("/search/flexible/")

    def test_the_first_page_shows_the_cheapest_journeys_in_two_weeks(self, client, now, db):
        make_flight(departs_at=now + timedelta(days=14))
        refresh_stale(now=now)

        assert "New Delhi to Mumbai" in read(client.get("/")).words


def test_a_task_and_a_command_make_lows_new(now, flight):
    refresh_lows()
    assert low_of(now) == Decimal(4000)
    Low.objects.all().delete()

    call_command("refresh_lows", stdout=(said := StringIO()))

    assert low_of(now) == Decimal(4000)
    assert said.getvalue() == "1 lowest prices are known.\n"


def test_a_round_ends_in_time_and_calls_for_another(now, flight, monkeypatch):
    mark_all(now=now)
    marks = StaleLow.objects.count()

    done = refresh_stale(now=now, seconds=0)

    assert 0 < done < marks
    assert StaleLow.objects.exists()
