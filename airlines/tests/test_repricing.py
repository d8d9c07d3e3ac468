"""The pricing rules at work: which flights are due, what is written, and what is left alone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from airlines import tasks
from airlines.models import FlightFare, PricingBand, PricingRule
from airlines.services import changes, inventory, repricing
from airlines.services.fares import change_fare
from airlines.services.repricing import (
    give_to_rules,
    preview_rules,
    reprice_departing,
    reprice_entering_bands,
    reprice_flights,
)
from airlines.tests.factories import fare_of, make_flight, make_pricing_rule
from airlines.tests.races import at_once
from flights_project.lib.feed import Feed

pytestmark = pytest.mark.django_db

RULE = {"load": {0: 90, 50: 100, 80: 130}, "days": {0: 145, 7: 110, 30: 100}}


@pytest.fixture
def rule(db):
    return make_pricing_rule("Economy", cabin="economy", **RULE)


@pytest.fixture
def flight(in_a_month):
    """Ten seats, in thirty days, priced by the rules."""
    return by_rules(make_flight(departs_at=in_a_month, seats=10, fares={"light": 4000, "standard": 5000}))


def by_rules(flight):
    for fare in FlightFare.objects.filter(flight_cabin__flight=flight):
        FlightFare.objects.filter(pk=fare.pk).update(priced_by="rules", reference_amount=fare.amount)
    return flight


def amounts(flight):
    fares = FlightFare.objects.filter(flight_cabin__flight=flight).order_by("family__position")
    return list(fares.values_list("amount", flat=True))


def take_seats(flight, seats):
    with transaction.atomic():
        inventory.hold_seats(cabins=inventory.lock_cabins(flights=[flight.pk], cabin="economy"), seats=seats)


class TestAFlight:
    def test_is_priced_by_what_is_taken_and_the_days_left(self, rule, flight, now):
        take_seats(flight, 8)

        assert reprice_flights(flights=[flight.pk], now=now) == 2

        assert amounts(flight) == [5200, 6500]

    def test_keeps_why(self, rule, flight, now):
        take_seats(flight, 8)
        reprice_flights(flights=[flight.pk], now=now)

        event = fare_of(flight).events.latest("pgh_id")

        assert (event.previous_amount, event.amount) == (4000, 5200)
        assert (event.priced_by, event.reason) == ("rules", "Economy: 80 % taken, 30 days to departure")

    def test_a_second_time_changes_and_writes_nothing(self, rule, flight, now):
        reprice_flights(flights=[flight.pk], now=now)

        with CaptureQueriesContext(connection) as queries:
            assert reprice_flights(flights=[flight.pk], now=now) == 0

        assert not [query for query in queries if "UPDATE" in query["sql"]]

    def test_leaves_a_price_of_staff_alone(self, rule, flight, now):
        change_fare(fare=fare_of(flight), amount=Decimal(4444))

        reprice_flights(flights=[flight.pk], now=now)

        assert amounts(flight) == [4444, 4500]

    def test_that_is_not_on_sale_stays_as_it_is(self, rule, flight, now):
        assert reprice_flights(flights=[flight.pk], now=flight.departs_at) == 0

    def test_without_a_rule_costs_its_reference(self, flight, now):
        FlightFare.objects.update(reference_amount=6000)

        reprice_flights(flights=[flight.pk], now=now)

        assert amounts(flight) == [6000, 6000]
        assert fare_of(flight).reason.startswith("No rule fits")

    def test_is_not_priced_by_a_rule_that_is_not_in_use(self, rule, flight, now):
        PricingRule.objects.update(in_use=False)

        assert reprice_flights(flights=[flight.pk], now=now) == 0

    def test_is_announced_to_open_pages(self, rule, flight, now, django_capture_on_commit_callbacks):
        position = changes.feed().position()
        with django_capture_on_commit_callbacks(execute=True):
            reprice_flights(flights=[flight.pk], now=now)

        facts = [changes.Change.read(entry.content).facts or {} for entry in changes.feed().after(position)]
        assert [(each["previous"], each["amount"]) for each in facts] == [
            ("4000.00", "3600.00"),
            ("5000.00", "4500.00"),
        ]


@pytest.mark.parametrize("flights", [1, 4])
def test_queries_do_not_grow_with_the_flights(rule, in_a_month, now, flights):
    made = [by_rules(make_flight(departs_at=in_a_month + timedelta(days=n))) for n in range(flights)]

    with CaptureQueriesContext(connection) as queries:
        assert reprice_flights(flights=[flight.pk for flight in made], now=now) == flights

    # rules and their bands; fares; lock, write, read what is announced
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 7


def test_batches_change_all_the_same(rule, in_a_month, now, monkeypatch):
    monkeypatch.setattr(repricing, "FLIGHTS_AT_ONCE", 2)
    made = [by_rules(make_flight(departs_at=in_a_month + timedelta(days=n))) for n in range(5)]

    assert reprice_flights(flights=[flight.pk for flight in made], now=now) == 5


class TestWhichFlightsAreDue:
    @pytest.mark.parametrize(("days", "enters"), [(30, True), (7, True), (29, False), (31, False), (1, False)])
    def test_those_that_have_entered_a_band_of_days(self, rule, now, days, enters):
        flight = by_rules(make_flight(departs_at=now + timedelta(days=days) - timedelta(minutes=1)))
        before = amounts(flight)

        assert reprice_entering_bands(since=now - timedelta(minutes=10), now=now) == enters

        assert (amounts(flight) != before) == enters

    def test_not_those_that_enter_right_now(self, rule, now):
        """At the full thirty days it is still in the band of thirty."""
        by_rules(make_flight(departs_at=now + timedelta(days=30)))

        assert reprice_entering_bands(since=now - timedelta(minutes=10), now=now) == 0

    def test_those_of_a_day(self, rule, flight, now):
        other = by_rules(make_flight(departs_at=flight.departs_at + timedelta(days=1)))

        assert reprice_departing(on=flight.departs_on, now=now) == 2
        assert amounts(other) == [4000]

    def test_the_round_has_every_day_priced(self, rule, flight, now, monkeypatch):
        by_rules(make_flight(departs_at=flight.departs_at + timedelta(days=1)))
        make_flight(departs_at=now + timedelta(minutes=10))  # closed for sale
        asked = []
        monkeypatch.setattr(tasks.reprice_departing, "apply_async", lambda args, **options: asked.append(args))

        assert tasks.reprice_everything() == 2

        assert asked == [("2026-12-20",), ("2026-12-21",)]
        assert tasks.reprice_departing("2026-12-20") == 2

    def test_those_whose_seats_were_taken_or_given_back_since(
        self, rule, flight, now, django_capture_on_commit_callbacks
    ):
        reprice_flights(flights=[flight.pk], now=now)
        tasks.reprice_taken()  # reads up to here
        assert tasks.reprice_taken() == 0

        with django_capture_on_commit_callbacks(execute=True):
            take_seats(flight, 5)

        assert tasks.reprice_taken() == 2
        assert amounts(flight) == [4000, 5000]
        assert tasks.reprice_taken() == 0

    def test_a_feed_that_is_away_changes_nothing(self, rule, flight, now, monkeypatch, settings):
        away = Feed("redis://127.0.0.1:1/0", changes.FEED, settings.REDIS_OPTIONS)
        monkeypatch.setattr(changes, "feed", lambda: away)

        assert tasks.reprice_taken() == 0


class TestGivingAFareBack:
    def test_prices_it_by_the_rules_at_once(self, rule, flight, now):
        change_fare(fare=fare_of(flight), amount=Decimal(9999))

        fare = give_to_rules(fare=fare_of(flight), now=now)

        assert (fare.amount, fare.priced_by, fare.reference_amount) == (3600, "rules", 4000)

    def test_without_a_reference_it_moves_from_what_it_costs(self, rule, in_a_month, now):
        fare = give_to_rules(fare=fare_of(make_flight(departs_at=in_a_month)), now=now)

        assert (fare.amount, fare.reference_amount) == (3600, 4000)


def test_a_preview_counts_what_would_change_and_writes_nothing(rule, flight, in_a_month, now):
    make_flight(departs_at=in_a_month)  # fixed by staff
    FlightFare.objects.filter(pk=fare_of(flight).pk).update(amount=3000)

    preview = preview_rules(now=now)

    assert (preview.fares, preview.rises, preview.falls, preview.change) == (2, 1, 1, 100)
    assert preview.by_rule == {"Economy": 2}
    assert [(rung.amount, priced.amount) for rung, priced in preview.examples] == [(3000, 3600), (5000, 4500)]
    assert amounts(flight) == [3000, 5000]


def test_a_preview_shows_a_few_and_passes_what_stays(rule, flight, now, monkeypatch):
    monkeypatch.setattr(repricing, "EXAMPLES", 1)
    FlightFare.objects.filter(pk=fare_of(flight, "standard").pk).update(amount=4500)

    preview = preview_rules(now=now)

    assert (preview.fares, preview.falls, len(preview.examples)) == (2, 1, 1)


def test_a_preview_counts_more_than_it_shows(rule, flight, now, monkeypatch):
    monkeypatch.setattr(repricing, "EXAMPLES", 1)

    preview = preview_rules(now=now)

    assert (preview.falls, preview.by_rule, len(preview.examples)) == (2, {"Economy": 2}, 1)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_rounds_write_each_change_once(self, rule, flight, now):
        outcomes = []

        assert at_once(lambda n: outcomes.append(reprice_flights(flights=[flight.pk], now=now)), 8) == {"done": 8}

        assert sum(outcomes) <= 2 * 8
        assert amounts(flight) == [3600, 4500]
        assert fare_of(flight).events.filter(amount=3600).count() == 1

    def test_staff_who_are_writing_win(self, rule, flight, now):
        with transaction.atomic():
            change_fare(fare=fare_of(flight), amount=Decimal(4444))
            assert at_once(lambda n: reprice_flights(flights=[flight.pk], now=now), 1) == {"done": 1}

        assert amounts(flight) == [4444, 4500]


def test_bands_say_what_they_are(rule):
    assert [str(band) for band in PricingBand.objects.filter(measure="days")][:1] == ["days to departure ≥ 0: 145.0 %"]
    assert repricing.rules_in_use()[0].days_bands[0] == (0, 145)


def test_the_rule_with_the_highest_priority_goes_first(rule):
    make_pricing_rule("Delhi", priority=20, origin="DEL")
    make_pricing_rule("Later", priority=10)

    assert [each.name for each in repricing.rules_in_use()] == ["Delhi", "Economy", "Later"]
