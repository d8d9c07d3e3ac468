"""Whole journeys, the best first: what is found by looking at a few is what all of them, sorted, begin with."""

from itertools import islice, pairwise, product
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from airlines.services.combinations import best_first, ranked

STAY = 10


class Choice(NamedTuple):
    departs: int
    arrives: int
    cost: int


choices = st.lists(
    st.builds(
        lambda departs, takes, cost: Choice(departs, departs + takes, cost),
        st.integers(0, 100),
        st.integers(1, 40),
        st.integers(0, 50),
    ),
    max_size=6,
)
slices = st.lists(choices, min_size=1, max_size=4)


def opened(families):
    return best_first([ranked(with_costs(family), STAY) for family in families], STAY)


def with_costs(family):
    return [[(each.cost, each) for each in part] for part in family]


def all_of(family):
    return [
        journey
        for journey in product(*family)
        if all(earlier.arrives + STAY <= later.departs for earlier, later in pairwise(journey))
    ]


def cost(journey):
    return sum(each.cost for each in journey)


@given(st.lists(slices, min_size=1, max_size=3))
def test_journeys_are_opened_in_exactly_the_order_of_their_cost(families):
    found = list(opened(families))

    assert sorted(found) == sorted(journey for family in families for journey in all_of(family))
    assert [cost(journey) for journey in found] == sorted(cost(journey) for journey in found)


@given(slices)
def test_each_choice_knows_what_a_journey_costs_with_it_at_least(family):
    journeys = all_of(family)
    for each in ranked(with_costs(family), STAY)[0]:
        assert each.at_least == min(cost(journey) for journey in journeys if journey[0] == each.choice)


def test_the_first_of_very_many_journeys_are_found_by_looking_at_few():
    day = [Choice(minute, minute + 1, minute % 97) for minute in range(1000)]
    later = [[Choice(each.departs + 5000 * n, each.arrives + 5000 * n, each.cost) for each in day] for n in range(6)]

    assert [cost(journey) for journey in islice(opened([later]), 20)] == [0] * 20
