"""Who sits where: by tables, and by what holds for every cabin and party."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airlines.services.fleet import seat_positions
from bookings.services.togetherness import Arrangement, Member, Place, seat_party

A, C, L = "adult", "child", "adult with an infant"


def cabin(*rows: str, layout: str = "ABC-DEF", exits: tuple[int, ...] = ()) -> list[Place]:
    """Free seats of rows as they are drawn: a letter for a free seat, a dot for a taken one."""
    positions = seat_positions(layout)
    places = []
    for number, row in enumerate(rows, start=1):
        for block, letters in enumerate(row.split("-")):
            for letter in letters.replace(".", ""):
                column = layout.replace("-", "").index(letter)
                places.append(
                    Place(
                        name=f"{number}{letter}",
                        row=number,
                        column=column,
                        block=block,
                        position=positions[letter],
                        is_exit_row=number in exits,
                    )
                )
    return places


def party(*kinds: str) -> list[Member]:
    return [
        Member(position=position, is_child=kind == C, may_sit_at_exit=kind == A) for position, kind in enumerate(kinds)
    ]


def seats(plan) -> str:
    return " ".join(plan.places[position].name for position in sorted(plan.places))


@pytest.mark.parametrize(
    ("people", "rows", "arrangement", "expected"),
    [
        ([A], ["ABC-DEF"], "side_by_side", "1A"),
        ([A], [".B.-...", "...-D.."], "side_by_side", "2D"),
        ([A, A], ["A.C-D.F", "...-.EF"], "side_by_side", "2E 2F"),
        ([A, A], ["..C-D.."], "same_row", "1C 1D"),
        ([A, A], ["A..-...", "...-D.F"], "same_row", "2D 2F"),
        ([A, A, A, A], ["ABC-DEF"], "same_row", "1A 1B 1C 1D"),
        ([A, A, A, A], ["AB.-...", "AB.-..."], "neighbouring_rows", "1A 1B 2A 2B"),
        ([A, A], ["A..-...", "...-...", "...-...", "...-...", "...-..F"], "apart", "1A 5F"),
        ([A, A], ["A..-..."], "impossible", ""),
        ([A, C, C], ["ABC-..."], "side_by_side", "1B 1A 1C"),
        ([A, A, C, C], ["A.C-D.F", "AB.-...", "AB.-..."], "neighbouring_rows", "2B 3B 2A 3A"),
    ],
)
def test_the_closest_seats_that_are_free(people, rows, arrangement, expected):
    plan = seat_party(party=party(*people), free=cabin(*rows))

    assert (plan.arrangement, seats(plan)) == (arrangement, expected)


def test_a_row_at_an_exit_is_left_to_others_where_another_is_free():
    assert seats(seat_party(party=party(A, A), free=cabin("ABC-DEF", "ABC-DEF", exits=(1,)))) == "2A 2B"


def test_children_and_laps_stay_away_from_exits():
    plan = seat_party(party=party(L, C), free=cabin("ABC-DEF", "A..-...", "A..-...", exits=(1,)))

    assert (seats(plan), plan.exits_left_out) == ("3A 2A", True)


def test_adults_take_the_exit_where_nothing_else_is_left():
    plan = seat_party(party=party(A, C), free=cabin("A..-...", "...-..F", exits=(1,)))

    assert (plan.arrangement, seats(plan), plan.children_alone) == ("apart", "1A 2F", 1)


def test_nobody_is_seated_where_the_only_free_seat_is_at_an_exit():
    plan = seat_party(party=party(C), free=cabin("A..-...", exits=(1,)))

    assert (plan.arrangement, seats(plan)) == ("impossible", "")


def test_a_child_sits_with_an_adult_rather_than_the_party_in_one_row():
    plan = seat_party(party=party(A, C, A), free=cabin("A.C-.E.", "AB.-...", "...-..F"))

    assert plan.children_not_beside == plan.children_alone == 0
    assert plan.moved_for_children


def test_a_child_without_an_adult_in_its_row_is_admitted():
    plan = seat_party(party=party(A, C), free=cabin("A..-...", "A..-..."))

    assert (plan.arrangement, plan.children_alone) == ("neighbouring_rows", 1)


ROWS = st.lists(st.sets(st.sampled_from("ABCDEF")), min_size=1, max_size=8)


@st.composite
def cabins(draw) -> list[Place]:
    drawn = ["".join(x if x in row or x == "-" else "." for x in "ABC-DEF") for row in draw(ROWS)]
    return cabin(*drawn, exits=tuple(draw(st.sets(st.integers(1, 8), max_size=3))))


@given(st.lists(st.sampled_from([A, C, L]), min_size=1, max_size=9), cabins())
@settings(max_examples=150, deadline=None)
def test_everybody_has_a_free_seat_of_their_own_that_they_may_take_or_nobody_has(kinds, free):
    people = party(*kinds)
    plan = seat_party(party=people, free=free)

    places = list(plan.places.values())
    assert set(plan.places) in (set(), {member.position for member in people})
    assert len({place.name for place in places}) == len(places)
    assert {place.name for place in places} <= {place.name for place in free}
    may = {member.position: member.may_sit_at_exit for member in people}
    assert all(may[position] or not place.is_exit_row for position, place in plan.places.items())
    assert bool(places) == (plan.arrangement != Arrangement.IMPOSSIBLE)


@given(st.integers(1, 9), cabins())
@settings(max_examples=100, deadline=None)
def test_adults_find_seats_wherever_there_are_enough(count, free):
    plan = seat_party(party=party(*[A] * count), free=free)

    assert bool(plan.places) == (len(free) >= count)
