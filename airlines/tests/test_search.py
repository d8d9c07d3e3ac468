from datetime import timedelta
from decimal import Decimal

import pytest

from airlines.forms import read_search
from airlines.models import Flight, FlightCabin
from airlines.services.connections import Window
from airlines.services.flights_on_sale import flights_on_sale
from airlines.services.search import search
from airlines.tests.factories import AirportFactory, TaxRuleFactory, make_flight
from flights_project.lib.errors import InvalidRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def find(now, in_a_month):
    """Search as the doors do: by what was typed, for 20 December unless told otherwise."""

    def find(**asked):
        asked = {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20"} | asked
        query, page = read_search({name: str(value) for name, value in asked.items()}, now=now)
        return search(query, now=now, page=page).offers

    return find


def numbers(offers):
    return [[flight.number for part in offer.slices for flight in part.flights] for offer in offers]


def test_finds_each_family_of_each_flight_of_the_day(find, in_a_month):
    make_flight(departs_at=in_a_month, number="KV101", fares={"light": 4000, "flex": 7000})
    make_flight(departs_at=in_a_month + timedelta(days=1), number="KV102")
    make_flight("DEL", "BLR", departs_at=in_a_month, number="KV103")

    offers = find()

    assert [(offer.family.code, offer.total) for offer in offers] == [("light", 4000), ("flex", 7000)]
    assert numbers(offers) == [["KV101"], ["KV101"]]


def test_a_city_is_all_of_its_airports(find, in_a_month):
    make_flight("LHR", "DEL", departs_at=in_a_month, number="KV201")
    make_flight("LGW", "DEL", departs_at=in_a_month, number="KV202")

    assert sorted(numbers(find(origin="LON", destination="New Delhi"))) == [["KV201"], ["KV202"]]
    assert numbers(find(origin="LGW", destination="DEL")) == [["KV202"]]


def test_the_date_is_the_local_date_of_departure(find, now, in_a_month):
    late_evening_in_delhi = in_a_month.replace(hour=19)  # 00:30 on the 21st
    make_flight(departs_at=late_evening_in_delhi, number="KV101")

    assert find() == []
    assert numbers(find(depart_on="2026-12-21")) == [["KV101"]]


def test_only_what_has_seats_for_the_whole_party_is_offered(find, in_a_month):
    flight = make_flight(departs_at=in_a_month, seats=5)
    FlightCabin.objects.filter(flight=flight).update(seats_held=1, seats_sold=1)

    assert find(adults=2, children=1, infants=2)
    assert find(adults=3, children=1) == []


@pytest.mark.parametrize("status", ["cancelled", "departed", "landed"])
def test_flights_that_take_no_travellers_are_not_offered(find, in_a_month, status):
    make_flight(departs_at=in_a_month)
    Flight.objects.update(status=status)

    assert find() == []


def test_delayed_flights_are_offered(find, in_a_month):
    make_flight(departs_at=in_a_month)
    Flight.objects.update(status="delayed")

    assert find()


def test_flights_about_to_leave_are_not_offered(find, now):
    make_flight(departs_at=now + timedelta(minutes=45), number="KV101")
    make_flight(departs_at=now + timedelta(minutes=46), number="KV102")

    assert numbers(find(depart_on="2026-11-20")) == [["KV102"]]


def test_a_return_is_priced_together_and_never_leaves_before_it_arrives(find, in_a_month):
    make_flight(departs_at=in_a_month, number="KV101", fares={"light": 4000, "flex": 6000})
    make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=2, minutes=30), number="KV102")
    make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=5), number="KV104", fares={"light": 3000})
    TaxRuleFactory(amount=250)

    [offer] = find(return_on="2026-12-20")

    assert numbers([offer]) == [["KV101", "KV104"]]
    assert offer.total == 4000 + 3000 + 2 * 250


def test_filters_leave_what_was_asked_for(find, in_a_month):
    make_flight(departs_at=in_a_month, number="KV101", fares={"light": 4000, "flex": 7000})
    make_flight(departs_at=in_a_month + timedelta(hours=3), number="XA200", fares={"light": 5000})

    assert numbers(find(family="flex")) == [["KV101"]]
    assert numbers(find(airline="XA")) == [["XA200"]]
    assert numbers(find(max_price="4500")) == [["KV101"]]
    assert numbers(find(depart_after="13:00")) == [["XA200"]]
    assert numbers(find(depart_before="12:59", family="light")) == [["KV101"]]
    assert find(cabin="business") == []


@pytest.mark.parametrize(
    ("sort", "first"),
    [("price", "KV103"), ("duration", "KV102"), ("departure", "KV101"), ("best", "KV102")],
)
def test_sorts(find, in_a_month, sort, first):
    make_flight(departs_at=in_a_month, number="KV101", hours=6, fares={"light": 4500})
    make_flight(departs_at=in_a_month + timedelta(hours=1), number="KV102", hours=2, fares={"light": 4100})
    make_flight(departs_at=in_a_month + timedelta(hours=2), number="KV103", hours=7, fares={"light": 4000})

    assert numbers(find(sort=sort))[0] == [first]


@pytest.mark.parametrize("flights", [1, 5])
def test_a_search_reads_by_one_statement(find, in_a_month, flights, django_assert_num_queries, keep_reference):
    for hour in range(flights):
        make_flight(departs_at=in_a_month + timedelta(hours=hour), fares={"light": 4000, "flex": 7000})
    keep_reference()
    find()  # each connection prepares the statement once

    with django_assert_num_queries(1):
        assert len(find()) == 2 * flights


class TestWhatCannotBeSearched:
    @pytest.fixture
    def errors(self, now, in_a_month):
        make_flight(departs_at=in_a_month)

        def errors(**asked):
            asked = {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20"} | asked
            with pytest.raises(InvalidRequest) as raised:
                read_search(asked, now=now)
            return raised.value.errors

        return errors

    @pytest.mark.parametrize(
        ("asked", "field", "says"),
        [
            ({"origin": "XXX"}, "origin", "We know no airport or city called “XXX”"),
            ({"origin": ""}, "origin", "required"),
            ({"destination": "DEL"}, "destination", "You leave from there"),
            ({"depart_on": "2026-11-19"}, "depart_on", "has passed"),
            ({"depart_on": "2027-03-01"}, "depart_on", "until 20 December 2026"),
            ({"depart_on": "tomorrow"}, "depart_on", "valid date"),
            ({"return_on": "2026-12-19"}, "return_on", "before you leave"),
            ({"return_on": "2027-03-01"}, "return_on", "until 20 December 2026"),
            ({"adults": "0"}, "adults", "greater than or equal to 1"),
            ({"adults": "two"}, "adults", "whole number"),
            ({"adults": "1", "infants": "2"}, "infants", "more infants than adults"),
            ({"adults": "6", "children": "4"}, "adults", "9 travellers at most"),
            ({"children": "-1"}, "children", "greater than or equal to 0"),
            ({"cabin": "cellar"}, "cabin", "not one of the available choices"),
            ({"family": "gold"}, "family", "not one of the available choices"),
            ({"sort": "beauty"}, "sort", "not one of the available choices"),
            ({"max_price": "-1"}, "max_price", "greater than or equal to 0"),
            ({"depart_after": "25:00"}, "depart_after", "valid time"),
            ({"airline": "KESTREL"}, "airline", "valid value"),
        ],
    )
    def test_is_answered_by_naming_the_field(self, errors, asked, field, says):
        assert says in str(errors(**asked)[field])

    def test_two_airports_of_one_city_are_no_journey(self, errors):
        AirportFactory(iata="LHR")
        AirportFactory(iata="LGW")

        assert "destination" in errors(origin="LHR", destination="LON")


def test_prices_are_decimal_to_the_end(find, in_a_month):
    make_flight(departs_at=in_a_month, fares={"light": 4001})

    assert find(children=1)[0].total == Decimal(4001) + Decimal("3000.75")


def test_a_flight_that_two_legs_ask_for_is_read_once(in_a_month):
    flight = make_flight(departs_at=in_a_month)
    leg, leaves = (flight.origin_id, flight.destination_id), int(in_a_month.timestamp())
    windows = [Window(leaves - 3600, leaves + 60), Window(leaves, leaves + 3600)]

    found = flights_on_sale([(leg, window) for window in windows], cabin="economy", seats=1)

    assert [each.pk for each in found[leg]] == [flight.pk]


def test_where_nobody_flies_nothing_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert flights_on_sale([], cabin="economy", seats=1) == {}
