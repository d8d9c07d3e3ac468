"""Who gets which seats: by tables, and by properties that hold for any day."""

from hypothesis import given
from hypothesis import strategies as st

from bookings.services.fair_shares import Party, Turn, Way, share_out

FLIGHTS = (1, 2, 3, 4)


def way(*flights, day=0, arrives=100, kept=()):
    return Way(flights, tuple(each for each in flights if each not in kept), day, arrives, arrives - 10)


def party(key, seats=1, *, ways, connects=False, children=False, family=0, booked_at=0.0):
    return Party(key, seats, Turn(not connects, not children, -family, booked_at, key), ways)


def flown(shared):
    return {key: way.flights for key, way in shared.items()}


SAME_DAY, LATER_SAME_DAY, NEXT_DAY = way(1), way(2, arrives=200), way(3, day=1, arrives=50)


class TestTable:
    def test_the_same_day_comes_before_an_earlier_hour_of_the_next(self):
        assert flown(share_out([party(1, ways=[NEXT_DAY, LATER_SAME_DAY])], {2: 1, 3: 1})) == {1: (2,)}

    def test_the_first_arrival_then_fewer_flights(self):
        ways = [way(2, 3), way(1), way(4, arrives=101)]

        assert flown(share_out([party(1, ways=ways)], dict.fromkeys(FLIGHTS, 1))) == {1: (1,)}

    def test_nobody_is_split_and_a_smaller_party_takes_what_a_larger_could_not(self):
        parties = [party(1, 3, ways=[SAME_DAY, NEXT_DAY]), party(2, 2, ways=[SAME_DAY, NEXT_DAY])]

        assert flown(share_out(parties, {1: 2, 3: 3})) == {1: (3,), 2: (1,)}

    def test_a_flight_that_is_kept_needs_no_seats(self):
        assert flown(share_out([party(1, 2, ways=[way(1, 2, kept=(2,))])], {1: 2, 2: 0})) == {1: (1, 2)}

    def test_a_connection_needs_seats_on_all_of_its_flights(self):
        assert share_out([party(1, 2, ways=[way(1, 2)])], {1: 2, 2: 1}) == {}

    def test_the_fair_order(self):
        parties = [
            party(1, ways=[SAME_DAY]),
            party(2, ways=[SAME_DAY], booked_at=-1.0),
            party(3, ways=[SAME_DAY], family=2, booked_at=5.0),
            party(4, ways=[SAME_DAY], children=True, booked_at=6.0),
            party(5, ways=[SAME_DAY], connects=True, booked_at=7.0),
        ]

        served = [set(share_out(parties, {1: seats})) for seats in range(6)]

        assert served == [set(), {5}, {5, 4}, {5, 4, 3}, {5, 4, 3, 2}, {5, 4, 3, 2, 1}]


ways_of_a_party = st.lists(
    st.builds(
        lambda flights, day, arrives, kept: way(*flights, day=day, arrives=arrives, kept=kept),
        st.lists(st.sampled_from(FLIGHTS), min_size=1, max_size=3, unique=True),
        st.integers(0, 2),
        st.integers(0, 500),
        st.sets(st.sampled_from(FLIGHTS), max_size=1),
    ),
    max_size=6,
)
days = st.lists(st.tuples(st.integers(1, 9), ways_of_a_party, st.booleans(), st.booleans()), max_size=25).map(
    lambda rows: [
        party(key, seats, ways=ways, connects=connects, children=children)
        for key, (seats, ways, connects, children) in enumerate(rows)
    ]
)
seats = st.fixed_dictionaries({flight: st.integers(0, 30) for flight in FLIGHTS})


def taken(parties, shared):
    used = dict.fromkeys(FLIGHTS, 0)
    for each in parties:
        for flight in shared[each.key].taking if each.key in shared else ():
            used[flight] += each.seats
    return used


@given(days, seats)
def test_no_flight_gets_more_than_it_has(parties, seats_left):
    used = taken(parties, share_out(parties, seats_left))

    assert all(used[flight] <= seats_left[flight] for flight in FLIGHTS)


@given(days, seats, st.randoms())
def test_the_order_in_which_it_is_asked_does_not_matter(parties, seats_left, random):
    shuffled = random.sample(parties, len(parties))

    assert share_out(parties, seats_left) == share_out(shuffled, seats_left)


@given(days, seats)
def test_everybody_gets_one_of_their_own_ways_and_nobody_is_left_who_would_still_fit(parties, seats_left):
    shared = share_out(parties, seats_left)
    used = taken(parties, shared)

    for each in parties:
        if each.key in shared:
            assert shared[each.key] in each.ways
        else:
            assert all(
                any(seats_left[flight] - used[flight] < each.seats for flight in way.taking) for way in each.ways
            )
