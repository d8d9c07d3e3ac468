"""Journeys with connections and of several slices, as searches find them and holds accept them."""

from datetime import timedelta

import pytest
from django.db import connection

from airlines.exceptions import NotOnSale
from airlines.forms import read_search
from airlines.models import Airport, ConnectionTime, Flight, FlightCabin, FlightFare, Route
from airlines.parameters import PARAMETERS
from airlines.services import reference, search
from airlines.services.flights_on_sale import STATEMENT
from airlines.services.offers import accept, open_offer
from airlines.tests.factories import AirportFactory, FareFamilyFactory, TaxRuleFactory, claim_for, fare_of, make_flight

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def ask(now):
    def ask(**asked):
        asked = {"origin": "DEL", "destination": "BLR", "depart_on": "2026-12-20"} | asked
        return read_search({name: str(value) for name, value in asked.items() if value is not None}, now=now)

    return ask


@pytest.fixture
def find(ask, now):
    def find(**asked):
        query, page = ask(**asked)
        return search.search(query, now=now, page=page)

    return find


@pytest.fixture
def ways(ask, now):
    def ways(**asked):
        query, page = ask(**asked)
        return search.choose(query, now=now, page=page)

    return ways


@pytest.fixture
def over_mumbai(in_a_month):
    """Delhi to Mumbai at noon, and two flights on to Bengaluru: after 46 minutes and after 5 hours."""
    make_flight("DEL", "BOM", departs_at=in_a_month, number="KV101", fares={"light": 4000, "flex": 7000})
    for minutes, number in ((46, "KV201"), (300, "KV203")):
        leaves = in_a_month + timedelta(hours=2, minutes=minutes)
        make_flight("BOM", "BLR", departs_at=leaves, number=number, fares={"light": 3000, "flex": 5000})


def numbers(offers):
    return [[flight.number for flight in offer.flights] for offer in offers]


def flown(results):
    return {tuple(row) for row in numbers(results.offers)}


def test_flights_are_connected_and_priced_coupon_by_coupon(find, over_mumbai):
    TaxRuleFactory(amount=250)

    offers = find(sort="price").offers

    assert numbers(offers)[0] == ["KV101", "KV201"]
    assert (offers[0].family.code, offers[0].total) == ("light", 7000 + 2 * 250)
    assert offers[0].slices[0].duration == timedelta(hours=4, minutes=46)


def test_connections_that_only_wait_longer_are_noise(find, over_mumbai):
    assert flown(find()) == {("KV101", "KV201")}


def test_a_longer_wait_for_less_money_is_a_choice(find, over_mumbai):
    FlightFare.objects.filter(flight_cabin__flight__number="KV203").update(amount=1000)

    assert flown(find()) == {("KV101", "KV201"), ("KV101", "KV203")}


def test_the_airports_own_connection_time_counts(find, over_mumbai):
    ConnectionTime.objects.create(airport=Airport.objects.get(iata="BOM"), kind="DD", minutes=47)

    assert flown(find()) == {("KV101", "KV203")}


def test_a_wait_past_midnight_is_overnight(find, in_a_month):
    make_flight("DEL", "BOM", departs_at=in_a_month + 8 * HOUR)
    make_flight("BOM", "BLR", departs_at=in_a_month + 18 * HOUR)

    [connection_] = find().offers[0].slices[0].connections

    assert (connection_.is_overnight, connection_.wait, connection_.changes_airport) == (True, 8 * HOUR, False)


def test_nobody_waits_longer_than_the_setting(find, in_a_month, settings):
    make_flight("DEL", "BOM", departs_at=in_a_month)
    make_flight("BOM", "BLR", departs_at=in_a_month + 2 * HOUR + settings.LONGEST_CONNECTION + timedelta(minutes=1))

    assert find().offers == []


def test_airports_are_changed_within_a_city_with_time_for_it(find, in_a_month):
    make_flight("DEL", "LHR", departs_at=in_a_month, hours=9, number="KV111")
    make_flight("LGW", "JFK", departs_at=in_a_month + 12 * HOUR, hours=8, number="KV301")
    make_flight("LGW", "JFK", departs_at=in_a_month + 13 * HOUR, hours=8, number="KV303")

    results = find(destination="JFK")

    assert flown(results) == {("KV111", "KV303")}
    assert results.offers[0].slices[0].connections[0].changes_airport


def test_two_connections_are_found_where_one_is_not_enough(find, in_a_month):
    make_flight("BLR", "BOM", departs_at=in_a_month, number="KV1")
    make_flight("BOM", "DEL", departs_at=in_a_month + 4 * HOUR, number="KV2")
    make_flight("DEL", "LHR", departs_at=in_a_month + 9 * HOUR, hours=9, number="KV3")

    assert flown(find(origin="BLR", destination="LON")) == {("KV1", "KV2", "KV3")}
    assert flown(find(origin="BLR", destination="LON", max_stops=1)) == set()


def test_a_busy_route_is_answered_by_its_direct_flights_unless_asked(find, over_mumbai, in_a_month):
    for hour in range(search.ENOUGH_WAYS):
        make_flight("DEL", "BLR", departs_at=in_a_month + hour * HOUR, number=f"KV{500 + hour}")

    assert {len(way) for way in flown(find())} == {1}
    assert {len(way) for way in flown(find(max_stops=1))} == {1, 2}


def test_a_sold_out_direct_flight_leads_to_connections(find, over_mumbai, in_a_month):
    direct = make_flight("DEL", "BLR", departs_at=in_a_month)
    FlightCabin.objects.filter(flight=direct, cabin="economy").update(seats_sold=150)

    assert flown(find()) == {("KV101", "KV201")}


def test_nearby_airports_are_searched_on_request(find, in_a_month):
    make_flight("LGW", "DEL", departs_at=in_a_month)
    AirportFactory(iata="LHR")

    assert find(origin="LHR", destination="DEL").offers == []
    assert find(origin="LHR", destination="DEL", nearby="true").offers


def test_several_slices_are_priced_together_in_one_family(find, in_a_month):
    make_flight("DEL", "BOM", departs_at=in_a_month, number="KV1", fares={"light": 4000, "flex": 6000})
    make_flight("BOM", "BLR", departs_at=in_a_month + DAY, number="KV2", fares={"light": 3000, "flex": 5000})
    make_flight("BLR", "DEL", departs_at=in_a_month + 2 * DAY, number="KV3", fares={"light": 2000})

    results = find(
        origin=None,
        destination=None,
        depart_on=None,
        slices="DEL-BOM:2026-12-20,BOM-BLR:2026-12-21,BLR-DEL:2026-12-22",
    )

    assert numbers(results.offers) == [["KV1", "KV2", "KV3"]]
    assert [len(part.flights) for part in results.offers[0].slices] == [1, 1, 1]
    assert results.offers[0].total == 9000


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"adults": 2, "children": 1, "infants": 1},
        {"return_on": "2026-12-22"},
        {"return_on": "2026-12-22", "max_stops": 1, "children": 2},
    ],
)
def test_every_offer_is_accepted_at_its_total(find, over_mumbai, in_a_month, now, asked):
    TaxRuleFactory(amount=251)
    TaxRuleFactory(code="K3", amount=None, percent="5.5", infants_pay=True)
    make_flight("DEL", "BLR", departs_at=in_a_month, fares={"light": 5001, "flex": 9000})
    make_flight("BLR", "DEL", departs_at=in_a_month + 2 * DAY, fares={"light": 3333, "flex": 4444})

    offers = find(**asked).offers

    assert len(offers) >= 4
    for offer in offers:
        accepted = accept(open_offer(offer.token), now=now)
        assert (accepted.total, accepted.price.travellers) == (offer.total, offer.price.travellers)


def test_an_offer_of_six_slices_of_three_flights_fits_its_token(in_a_month, now):
    flight = make_flight(departs_at=in_a_month)
    claim = claim_for([flight], now=now)
    longest = type(claim)(((10**12,) * 3,) * 6, "economy", "x" * 20, claim.party, 10**8)

    assert open_offer(longest.token) == longest


def test_a_connection_that_a_delay_has_made_too_short_is_not_held(find, over_mumbai, now):
    [offer] = find(family="light").offers
    flight = Flight.objects.get(number="KV101")
    Flight.objects.filter(pk=flight.pk).update(status="delayed", arrives_at=flight.arrives_at + timedelta(minutes=5))

    with pytest.raises(NotOnSale):
        accept(open_offer(offer.token), now=now)


class TestAJourneyChosenSliceBySlice:
    @pytest.fixture(autouse=True)
    def _flights(self, in_a_month):
        make_flight("DEL", "BLR", departs_at=in_a_month, number="KV1", fares={"light": 4000, "flex": 6000})
        make_flight("DEL", "BLR", departs_at=in_a_month + 5 * HOUR, number="KV3", fares={"light": 3000})
        make_flight("BLR", "DEL", departs_at=in_a_month + 6 * HOUR, number="KV2", fares={"light": 1000, "flex": 5000})
        make_flight("BLR", "DEL", departs_at=in_a_month + 9 * HOUR, number="KV4", fares={"light": 2000})

    def test_shows_each_way_out_with_the_cheapest_way_back_that_it_reaches(self, ways):
        out = ways(return_on="2026-12-20", sort="price", destination="BLR")

        assert [(way.slice.numbers, [offer.total for offer in way.offers]) for way in out.ways] == [
            ("KV1", [5000, 11000]),
            ("KV3", [5000]),
        ]
        assert numbers(out.ways[1].offers) == [["KV3", "KV4"]]

    def test_then_each_way_back_with_the_way_out(self, ways):
        first = Flight.objects.get(number="KV3")

        back = ways(return_on="2026-12-20", chosen=first.pk)

        assert [part.numbers for part in back.chosen] == ["KV3"]
        assert [(way.slice.numbers, way.offers[0].total) for way in back.ways] == [("KV4", 5000)]

    def test_and_finds_nothing_for_a_flight_that_is_not_there(self, ways):
        nothing = ways(return_on="2026-12-20", chosen=999_999)

        assert (nothing.ways, nothing.chosen) == ([], [])

    @pytest.mark.parametrize("filters", [{}, {"max_price": 9999}, {"refundable": "true"}, {"depart_before": "13:00"}])
    @pytest.mark.parametrize("journey", [{}, {"return_on": "2026-12-20"}])
    def test_counts_the_ways_that_each_choice_would_leave(self, ways, journey, filters):
        """In how many fare families they are offered does not matter."""
        found = ways(**journey, destination="BLR", **filters)

        for name in ("max_stops", "family", "airline"):
            for value, count in found.counts.by_filter[name].items():
                assert ways(**journey, destination="BLR", **(filters | {name: value})).count == count, (name, value)


@pytest.mark.parametrize("in_use", [{}, {"family": "flex"}, {"max_price": 8000, "avoid": "JFK"}, {"via": "BOM"}])
def test_counts_say_what_each_choice_would_leave(find, over_mumbai, in_a_month, in_use):
    make_flight("DEL", "BLR", departs_at=in_a_month - 5 * HOUR, number="XA1", fares={"light": 5000, "flex": 6000})
    make_flight("DEL", "BLR", departs_at=in_a_month + 6 * HOUR, number="KV7", fares={"standard": 6500})
    AirportFactory(iata="JFK")
    assert len(find(max_stops=1).offers) == 5

    counts = find(**in_use).counts.by_filter

    for name in ("airline", "family", "refundable", "bag", "via"):
        for value, count in counts[name].items():
            chosen = in_use | {name: str(value).lower() if value is True else value}
            assert len(find(**chosen).offers) == count, (name, value)


def test_parts_of_the_day_are_counted(find, over_mumbai, in_a_month):
    make_flight("DEL", "BLR", departs_at=in_a_month - 5 * HOUR)

    counts = find().counts.by_filter

    assert counts["depart"] == {1: 1, 2: 2}
    assert len(find(depart_after="12:00", depart_before="17:59").offers) == 2
    assert len(find(arrive_after="06:00", arrive_before="11:59").offers) == counts["arrive"][1]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"max_duration": 3}, {("KV900",)}),
        ({"min_price": 9500}, {("KV101", "KV201")}),
        ({"avoid": "BOM"}, {("KV900",)}),
        ({"via": "BOM"}, {("KV101", "KV201")}),
        ({"bag": "true"}, {("KV101", "KV201")}),
        ({"refundable": "true"}, set()),
        ({"refundable": "false"}, {("KV900",), ("KV101", "KV201")}),
        ({"arrive_before": "15:00"}, {("KV900",)}),
        ({"depart_before": "11:00"}, set()),
        ({"max_stops": 0}, {("KV900",)}),
    ],
)
def test_filters(find, over_mumbai, in_a_month, filters, left):
    make_flight("DEL", "BLR", departs_at=in_a_month, number="KV900")

    assert flown(find(**filters)) == left


def test_ranges_of_what_is_left(find, over_mumbai):
    counts = find().counts

    assert (counts.prices, counts.durations) == ((700_000, 1_200_000), (17160, 17160))
    assert find(max_duration=1).counts.prices is None


def test_sorts_by_arrival_and_by_all_slices(find, in_a_month):
    make_flight("DEL", "BLR", departs_at=in_a_month, hours=5, number="KV1")
    make_flight("DEL", "BLR", departs_at=in_a_month + HOUR, hours=2, number="KV3")
    for hour in range(2):
        make_flight("BLR", "DEL", departs_at=in_a_month + DAY + hour * HOUR, number=f"KV{20 + hour}")

    assert numbers(find(sort="arrival").offers)[0] == ["KV3"]
    assert numbers(find(sort="departure", return_on="2026-12-21").offers) == [
        ["KV1", "KV20"],
        ["KV1", "KV21"],
        ["KV3", "KV20"],
        ["KV3", "KV21"],
    ]


def test_journeys_of_several_slices_keep_the_range_of_prices(find, in_a_month):
    make_flight("DEL", "BLR", departs_at=in_a_month, fares={"light": 1000, "flex": 8000})
    make_flight("BLR", "DEL", departs_at=in_a_month + DAY, fares={"light": 1000, "flex": 8000})

    assert [offer.total for offer in find(return_on="2026-12-21", min_price=2001).offers] == [16000]
    assert [offer.total for offer in find(return_on="2026-12-21", max_price=2000).offers] == [2000]


def test_the_statement_reads_by_its_index(in_a_month, over_mumbai):
    like = Flight.objects.earliest("pk")
    same = {name: getattr(like, name) for name in ("airplane_id", "origin_id", "destination_id", "departs_on")}
    # Enough of them that PostgreSQL has something to choose by.
    Flight.objects.bulk_create(
        Flight(number=f"KV{n}", departs_at=leaves, arrives_at=leaves + timedelta(hours=2), **same)
        for n in range(1000, 2000)
        for leaves in [in_a_month + n * timedelta(hours=1)]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE airlines_flight")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE plan_of_search (bigint[], bigint[], bigint[], bigint[], text, int) AS {STATEMENT}")
        cursor.execute("EXPLAIN EXECUTE plan_of_search ('{1}', '{2}', '{0}', '{1}', 'economy', 1)")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE plan_of_search")

    assert "flight_on_sale_by_route" in plan
    assert "Seq Scan" not in plan
    range_of_index = next(line for line in plan.splitlines() if "Index Cond" in line and "departs_at" in line)
    assert "origin_id" in range_of_index
    assert "destination_id" in range_of_index


class TestTheReference:
    def test_knows_a_route_with_its_distance_once_a_flight_is_scheduled(self, in_a_month):
        make_flight("DEL", "BOM", departs_at=in_a_month)
        make_flight("DEL", "BOM", departs_at=in_a_month)

        assert Route.objects.get().distance_km == pytest.approx(1139, abs=3)

    def test_is_read_again_only_where_it_has_changed(self, in_a_month):
        make_flight(departs_at=in_a_month)
        before = reference.current()
        make_flight(departs_at=in_a_month + DAY)
        assert reference.current() is before

        Airport.objects.filter(iata="DEL").update(name="Palam")

        assert reference.current() is not before
        assert [airport.name for airport in reference.current().by_code["DEL"].airports] == ["Palam"]

    @pytest.mark.parametrize(
        "change", [TaxRuleFactory, lambda: FareFamilyFactory(code="flex"), lambda: Route.objects.all().delete()]
    )
    def test_is_stamped_by_whatever_is_part_of_it(self, in_a_month, change):
        make_flight(departs_at=in_a_month)
        before = reference.current().stamp

        change()

        assert reference.current().stamp != before

    def test_is_not_asked_for_twice_at_once(self, in_a_month, keep_reference, django_assert_num_queries):
        keep_reference()

        with django_assert_num_queries(0):
            reference.current()


@pytest.mark.parametrize("name", sorted(set(PARAMETERS) - {"cursor"}))
@pytest.mark.parametrize("text", ["\0", "💣", "-" * 3000, "9" * 400, "-1", "1e999", "NaN", "%00", "' OR 1=1"])
def test_nothing_odd_breaks_a_parameter(api, over_mumbai, now, name, text):
    asked = {"origin": "DEL", "destination": "BLR", "depart_on": "2026-12-20"} | {name: text}

    answer = api.get("/api/v1/search/", asked)

    assert answer.status_code == 400
    assert name in answer.json()["errors"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"slices": "DEL-BLR:2026-12-20"}, "origin"),
        ({"max_price": "10", "min_price": "11"}, "max_price"),
        ({"depart_after": "12:00", "depart_before": "11:59"}, "depart_before"),
        ({"cursor": "none"}, "cursor"),
        ({"depart_on": "2026-02-30"}, "depart_on"),
        ({"via": "XXX"}, "via"),
        ({"avoid": ",".join(["DEL"] * 21)}, "avoid"),
        ({"max_price": "0.001"}, "max_price"),
        ({"max_duration": "0"}, "max_duration"),
        ({"destination2": "BOM"}, "destination2"),
    ],
)
def test_what_does_not_fit_together_is_named(api, over_mumbai, now, asked, field):
    answer = api.get("/api/v1/search/", {"origin": "DEL", "destination": "BLR", "depart_on": "2026-12-20"} | asked)

    assert (answer.status_code, field in answer.json()["errors"]) == (400, True)


@pytest.mark.parametrize(
    ("slices", "says"),
    [
        (",".join(["DEL-BLR:2026-12-20"] * 7), "6 slices at most"),
        ("DEL-BLR", "with commas between"),
        ("DEL-XXX:2026-12-20", "XXX"),
        ("DEL-DEL:2026-12-20", "leave from there"),
        ("DEL-BLR:2026-12-20,BLR-DEL:2026-12-19", "before the flight before"),
        ("DEL-BLR:2026-11-01", "has passed"),
    ],
)
def test_slices_that_cannot_be_are_refused(api, over_mumbai, now, slices, says):
    answer = api.get("/api/v1/search/", {"slices": slices})

    assert answer.status_code == 400
    assert says in answer.json()["errors"]["slices"][0]


def test_pages_follow_each_other_while_prices_move(api, in_a_month, now):
    for hour in range(7):
        make_flight(
            "DEL", "BLR", departs_at=in_a_month + hour * HOUR, number=f"KV{100 + hour}", fares={"light": 4000 + hour}
        )
    asked = {"origin": "DEL", "destination": "BLR", "depart_on": "2026-12-20", "sort": "price", "page_size": 3}
    seen, answer = [], api.get("/api/v1/search/", asked).json()
    while True:
        seen += [offer["slices"][0]["segments"][0]["number"] for offer in answer["results"]]
        if not answer["next"]:
            break
        last = Flight.objects.get(number=seen[-1])
        FlightFare.objects.filter(pk=fare_of(last).pk).update(amount=9000)
        FlightFare.objects.filter(flight_cabin__flight__number="KV106").update(amount=1)
        answer = api.get(answer["next"]).json()

    assert sorted(seen) == [f"KV{100 + hour}" for hour in range(7)]
    assert api.get(answer["previous"]).json()["results"]


def test_the_api_tells_connections_and_counts(api, over_mumbai, now):
    answer = api.get("/api/v1/search/?origin=DEL&destination=BLR&depart_on=2026-12-20&family=light").json()

    [offer] = answer["results"]
    assert offer["slices"][0]["connections"] == [
        {"airport": "BOM", "onward_airport": "BOM", "duration": "PT0H46M", "overnight": False}
    ]
    assert answer["filters"]["via"] == [{"value": "BOM", "count": 1}]
    assert answer["filters"]["family"] == [{"value": "flex", "count": 1}, {"value": "light", "count": 1}]
    assert answer["filters"]["depart"] == [{"after": "12:00", "before": "17:59", "count": 1}]
    assert answer["filters"]["price"]["min"]["amount"] == "7000.00"
    assert (answer["next"], answer["previous"]) == (None, None)
