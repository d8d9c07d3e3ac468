"""How one gets from place to place: paths over a network and flights put together along them, without a database."""

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlines.services import connections
from airlines.services.connections import ConnectionRules, Network, Stop, Window, assemble, legs_of

MINUTE, HOUR = 60, 3600
DEL, BOM, HYD, LHR, LGW, JFK, MAA = range(1, 8)
STOPS = {
    DEL: Stop(DEL, DEL, "IN", (28.57, 77.10)),
    BOM: Stop(BOM, BOM, "IN", (19.09, 72.87)),
    HYD: Stop(HYD, HYD, "IN", (17.23, 78.43)),
    LHR: Stop(LHR, 40, "GB", (51.47, -0.46)),
    LGW: Stop(LGW, 40, "GB", (51.15, -0.19)),
    JFK: Stop(JFK, JFK, "US", (40.64, -73.78)),
    MAA: Stop(MAA, MAA, "IN", (12.99, 80.17)),
}
RULES = ConnectionRules(
    minimums={(BOM, BOM, "DD"): 30 * MINUTE, (LHR, LGW, "II"): 180 * MINUTE},
    usual={"DD": 45 * MINUTE, "DI": 90 * MINUTE, "ID": 100 * MINUTE, "II": 75 * MINUTE},
    airport_change=240 * MINUTE,
    longest=12 * HOUR,
    detour_factor=1.5,
    detour_km=400,
)


class Plane(NamedTuple):
    departs: int
    arrives: int


def network(*legs):
    kilometres = Network(STOPS, {}, RULES).km
    return Network(STOPS, {leg: round(kilometres(*leg)) for leg in legs}, RULES)


def paths(net, origins, destinations, stops=2):
    return net.paths(tuple(origins), tuple(destinations), stops)


def test_fewer_legs_come_first_then_the_shorter_way():
    net = network((DEL, BOM), (DEL, HYD), (HYD, MAA), (BOM, MAA), (DEL, MAA), (BOM, HYD))

    assert paths(net, [DEL], [MAA]) == [
        ((DEL, MAA),),
        ((DEL, HYD), (HYD, MAA)),
        ((DEL, BOM), (BOM, MAA)),
        ((DEL, BOM), (BOM, HYD), (HYD, MAA)),
    ]
    assert paths(net, [DEL], [MAA], stops=0) == [((DEL, MAA),)]


def test_no_path_makes_a_silly_detour():
    assert paths(network((DEL, LHR), (LHR, BOM)), [DEL], [BOM]) == []


def test_a_direct_flight_is_no_detour_however_its_distance_was_written():
    net = Network(STOPS, {(DEL, BOM): 99_999}, RULES)

    assert paths(net, [DEL], [BOM]) == [((DEL, BOM),)]


def test_airports_of_a_city_are_changed_on_the_way():
    assert paths(network((DEL, LHR), (LGW, JFK)), [DEL], [JFK]) == [((DEL, LHR), (LGW, JFK))]


def test_no_path_goes_through_the_city_where_it_ends():
    net = network((DEL, LHR), (LHR, LGW), (DEL, LGW))

    assert paths(net, [DEL], [LGW]) == [((DEL, LGW),)]


def test_what_was_found_is_remembered_and_the_memory_is_bounded(monkeypatch):
    net = network((DEL, BOM))
    assert paths(net, [DEL], [BOM]) is paths(net, [DEL], [BOM])

    monkeypatch.setattr(connections, "PATHS_REMEMBERED", 1)
    first = paths(net, [DEL], [BOM])
    paths(net, [BOM], [DEL])
    assert paths(net, [DEL], [BOM]) is not first


def test_a_network_of_any_size_is_searched_in_bounded_work():
    stops = {number: Stop(number, number, "IN", (20 + number / 1000, 75 + number / 1000)) for number in range(120)}
    legs = {(one, other): 10 for one in stops for other in stops if one != other}
    found = Network(stops, legs, RULES).paths((0,), (119,), 2)

    assert found[0] == ((0, 119),)
    assert len(found) == connections.PATHS_AT_MOST


def test_nearby_airports_come_nearest_first():
    assert network().nearby([LHR], 50) == [LHR, LGW]
    assert network().nearby([LHR], 5) == [LHR]


@pytest.mark.parametrize(
    ("arriving", "departing", "minutes"),
    [
        ((DEL, HYD), (HYD, MAA), 45),
        ((DEL, BOM), (BOM, MAA), 30),
        ((DEL, HYD), (HYD, LHR), 90),
        ((LHR, DEL), (DEL, HYD), 100),
        ((DEL, LHR), (LHR, JFK), 75),
        ((DEL, LHR), (LGW, JFK), 180),
        ((JFK, LGW), (LHR, DEL), 240),
    ],
)
def test_minimum_connection_times(arriving, departing, minutes):
    assert network().minimum(arriving, departing) == minutes * MINUTE


def test_flights_can_be_flown_as_one_slice_where_there_is_time_and_they_meet():
    net = network()
    legs = [(DEL, HYD), (HYD, MAA)]

    assert net.connects(legs, [(0, HOUR), (HOUR + 45 * MINUTE, 4 * HOUR)])
    assert not net.connects(legs, [(0, HOUR), (HOUR + 44 * MINUTE, 4 * HOUR)])
    assert not net.connects([(DEL, HYD), (BOM, MAA)], [(0, HOUR), (9 * HOUR, 10 * HOUR)])


ALONG = (((DEL, HYD), (HYD, MAA)),)


def test_connections_are_neither_too_short_nor_too_long():
    planes = {
        (DEL, HYD): [Plane(0, 2 * HOUR)],
        (HYD, MAA): [
            Plane(2 * HOUR + 44 * MINUTE, 5 * HOUR),
            Plane(2 * HOUR + 45 * MINUTE, 6 * HOUR),
            Plane(14 * HOUR, 15 * HOUR),
            Plane(14 * HOUR + 1, 16 * HOUR),
        ],
    }
    found = assemble(network(*ALONG[0]), ALONG, planes, {DEL: Window(0, HOUR)})

    assert [flights[1].arrives for flights in found] == [6 * HOUR, 15 * HOUR]


def test_only_the_first_flight_has_to_leave_on_the_day():
    planes = {(DEL, HYD): [Plane(0, HOUR), Plane(20 * HOUR, 22 * HOUR)], (HYD, MAA): [Plane(26 * HOUR, 28 * HOUR)]}

    assert len(assemble(network(*ALONG[0]), ALONG, planes, {DEL: Window(HOUR, 24 * HOUR)})) == 1


def test_itineraries_are_bounded():
    every_minute = [Plane(start * MINUTE, start * MINUTE + HOUR) for start in range(600)]
    found = assemble(network(*ALONG[0]), ALONG, dict.fromkeys(ALONG[0], every_minute), {DEL: Window(0, 24 * HOUR)})

    assert len(found) == connections.ITINERARIES_AT_MOST


def test_later_legs_leave_later_and_a_leg_of_two_paths_is_read_once():
    direct, over = ((DEL, HYD),), ALONG[0]
    legs = legs_of(network(*over), [direct, over], {DEL: Window(0, 24 * HOUR)})

    assert legs[DEL, HYD] == Window(0, 24 * HOUR)
    assert legs[HYD, MAA].opens == 0
    assert 24 * HOUR < legs[HYD, MAA].closes <= 72 * HOUR


instants = st.lists(st.integers(0, 30 * HOUR), max_size=8).map(sorted)


@given(instants, instants, instants)
def test_every_itinerary_keeps_the_rules(first, second, third):
    path = ((DEL, HYD), (HYD, BOM), (BOM, LHR))
    net = network(*path)
    planes = {
        leg: [Plane(at, at + HOUR) for at in departures]
        for leg, departures in zip(path, (first, second, third), strict=True)
    }
    for flights in assemble(net, [path], planes, {DEL: Window(0, 24 * HOUR)}):
        assert flights[0].departs < 24 * HOUR
        for (before, after), (landing, leaving) in zip(pairwise(path), pairwise(flights), strict=True):
            assert net.minimum(before, after) <= leaving.departs - landing.arrives <= RULES.longest
