"""Changing prices: what is kept, what is refused, and what happens when two do it at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from airlines.exceptions import FareChanged
from airlines.models import FlightFare
from airlines.services.fares import NewPrice, PricedBy, change_fare, fixed_price, set_prices
from airlines.services.scheduling import FarePlan, correct_flight
from airlines.tests.factories import AirplaneFactory, FareFamilyFactory, economy, fare_of, make_flight
from airlines.tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, fares={"light": 4000, "standard": 5000})


@pytest.fixture
def fare(flight):
    return fare_of(flight)


def by_rules(fare, amount, before=4000):
    return NewPrice(fare.pk, Decimal(before), PricedBy.RULES, Decimal(amount), PricedBy.RULES, "Economy: 60 % taken")


class TestAPriceOfStaffsOwn:
    def test_is_live_at_once_with_what_it_was_and_why(self, fare):
        change_fare(fare=fare, amount=Decimal(4400), reason="Diwali")

        fare = FlightFare.objects.get(pk=fare.pk)
        assert (fare.amount, fare.previous_amount, fare.reason) == (4400, 4000, "Diwali")

    def test_fixes_the_fare(self, fare):
        FlightFare.objects.filter(pk=fare.pk).update(priced_by="rules", reference_amount=4000)

        assert change_fare(fare=fare, amount=Decimal(4400)).priced_by == PricedBy.STAFF

    def test_is_not_bound_by_floor_and_ceiling(self, fare):
        FlightFare.objects.update(floor_amount=3000, ceiling_amount=5000)

        assert change_fare(fare=fare, amount=Decimal(6000)).amount == 6000

    def test_is_refused_where_the_price_is_no_longer_what_was_read(self, fare):
        change_fare(fare=fare, amount=Decimal(4400))

        with pytest.raises(FareChanged, match=r"4400\.00 INR now") as refused:
            change_fare(fare=fare, amount=Decimal(4100), instead_of=Decimal(4000))

        assert refused.value.facts["amount"] == {"amount": "4400.00", "currency": "INR"}
        assert fare_of(fare.flight_cabin.flight).amount == 4400

    def test_is_refused_where_the_fare_is_off_sale(self, fare):
        FlightFare.objects.filter(pk=fare.pk).delete()

        with pytest.raises(FareChanged, match="off sale"):
            change_fare(fare=fare, amount=Decimal(4100))

    def test_is_not_negative(self, fare):
        with pytest.raises(ValidationError, match="not negative"):
            change_fare(fare=fare, amount=Decimal(-1))

    def test_is_kept_with_each_change_and_the_first_says_what_it_was(self, fare):
        for amount in (4400, 4100):
            change_fare(fare=fare, amount=Decimal(amount))

        events = fare.events.order_by("pgh_id").values_list("previous_amount", "amount", "priced_by")
        assert list(events) == [(4000, 4400, "staff"), (4400, 4100, "staff")]


class TestManyPrices:
    def test_take_four_statements_however_many(self, flight, in_a_month):
        make_flight(departs_at=in_a_month + timedelta(days=1), fares={"light": 1, "standard": 2, "flex": 3})
        fares = list(FlightFare.objects.all())

        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            done = set_prices([fixed_price(each, each.amount + 1) for each in fares])

        assert done == {each.pk for each in fares}
        assert (
            len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 4
        )  # lock, write, and read what is announced

    def test_leave_alone_what_costs_something_else_by_now(self, flight, fare):
        standard = fare_of(flight, "standard")
        change_fare(fare=fare, amount=Decimal(4400))

        done = set_prices([fixed_price(fare, Decimal(4500))._replace(amount_before=Decimal(4000)),
                           fixed_price(standard, Decimal(5500))])  # fmt: skip

        assert done == {standard.pk}
        assert [fare_of(flight, family).amount for family in ("light", "standard")] == [4400, 5500]

    def test_leave_alone_what_somebody_else_prices_by_now(self, fare):
        assert set_prices([by_rules(fare, 3900)]) == set()

    def test_write_nothing_where_nothing_changes(self, fare):
        assert set_prices([fixed_price(fare, fare.amount)]) == {fare.pk}
        assert not fare.events.exists()

    def test_that_go_to_the_rules_without_a_reference_move_from_what_they_cost(self, fare):
        set_prices([fixed_price(fare, Decimal(4100))._replace(priced_by=PricedBy.RULES)])

        fare.refresh_from_db()
        assert (fare.amount, fare.reference_amount, fare.priced_by) == (4100, 4000, "rules")


class TestAnAmendedFlight:
    def test_fixes_only_the_fares_that_cost_something_else(self, flight):
        FlightFare.objects.update(priced_by="rules", reference_amount=4000)
        plans = [FarePlan(cabin="economy", family=FareFamilyFactory(code=code), amount=Decimal(amount))
                 for code, amount in (("light", 4000), ("standard", 5500), ("flex", 7000))]  # fmt: skip

        correct_flight(flight=flight, fares=plans)

        fares = FlightFare.objects.order_by("family__position").values_list("amount", "priced_by")
        assert list(fares) == [(4000, "rules"), (5500, "staff"), (7000, "staff")]

    def test_keeps_how_its_fares_are_priced_on_another_airplane(self, flight):
        FlightFare.objects.update(priced_by="rules", reference_amount=3900, floor_amount=100, ceiling_amount=9000)

        correct_flight(flight=flight, airplane=AirplaneFactory(cabins=[economy(1, 2)]))

        fare = fare_of(flight)
        assert (fare.amount, fare.priced_by, fare.reference_amount) == (4000, "rules", 3900)
        assert (fare.floor_amount, fare.ceiling_amount) == (100, 9000)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def raise_by_one(self, fare):
        """What a desk does: read the price, then name the new one and the one that it is instead of."""
        read = FlightFare.objects.get(pk=fare.pk)
        return lambda n: change_fare(fare=read, amount=read.amount + 1 + n, instead_of=read.amount)

    def test_one_of_many_staff_changes_a_price_and_the_others_are_told(self, fare):
        assert at_once(self.raise_by_one(fare), 8) == {"done": 1, "FareChanged": 7}
        assert fare.events.count() == 1

    def test_control_without_the_lock_and_the_price_that_is_left_all_of_them_write(self, fare):
        def write(n):
            FlightFare.objects.filter(pk=fare.pk).update(amount=fare.amount + 1 + n)

        assert at_once(write, 8) == {"done": 8}
        assert fare.events.count() == 8

    def test_changes_of_the_same_fares_in_opposite_orders_never_deadlock(self, flight):
        fares = list(FlightFare.objects.order_by("pk"))

        def change(n):
            now = [FlightFare.objects.get(pk=each.pk) for each in (fares if n % 2 else reversed(fares))]
            set_prices([fixed_price(each, each.amount + 1) for each in now])

        assert at_once(change, 8) == {"done": 8}

    def test_the_rules_do_not_wait_for_staff_and_write_nothing_over_them(self, fare):
        FlightFare.objects.filter(pk=fare.pk).update(priced_by="rules", reference_amount=4000)
        outcomes = []

        with transaction.atomic():
            change_fare(fare=fare, amount=Decimal(4400))
            assert at_once(lambda n: outcomes.append(set_prices([by_rules(fare, 3900)], wait=False)), 1) == {"done": 1}

        assert outcomes == [set()]
        assert set_prices([by_rules(fare, 3900)], wait=False) == set()
        fare.refresh_from_db()
        assert (fare.amount, fare.priced_by) == (4400, "staff")

    def test_control_rules_that_name_no_price_write_over_staff(self, fare):
        read = FlightFare.objects.get(pk=fare.pk)
        change_fare(fare=fare, amount=Decimal(4400))

        read.amount = Decimal(3900)
        read.save()

        assert FlightFare.objects.get(pk=fare.pk).amount == 3900
