"""Seats in another airplane for those that were chosen."""

import pytest

from airlines.services.fleet import SeatPosition
from bookings.services.reseating import Outcome, Sitter, reseat
from bookings.services.togetherness import Member, Place

POSITIONS = dict(zip("ABCDEF", ["window", "middle", "aisle", "aisle", "middle", "window"], strict=True))


def place(name, *, is_exit_row=False):
    row, letter = int(name[:-1]), name[-1]
    column = "ABCDEF".index(letter)
    return Place(
        name=name,
        row=row,
        column=column,
        block=column // 3,
        position=SeatPosition(POSITIONS[letter]),
        is_exit_row=is_exit_row,
    )


def sitters(*names, may_sit_at_exit=True):
    return [
        Sitter(Member(position=index, may_sit_at_exit=may_sit_at_exit), place(name)) for index, name in enumerate(names)
    ]


def outcome(party, free):
    found = reseat(party, free)
    return {position: (each.place.name if each.place else None, str(each.outcome)) for position, each in found.items()}


@pytest.mark.parametrize(
    ("had", "free", "expected"),
    [
        ("12A", "12A 13A", ("12A", "same")),
        ("12A", "12B 14A 13F", ("13F", "same_kind")),
        ("12A", "12B 20C", ("12B", "other_kind")),
        ("12A", "", (None, "none")),
    ],
)
def test_who_sits_alone(had, free, expected):
    assert outcome(sitters(had), [place(name) for name in free.split()]) == {0: expected}


def test_a_party_keeps_all_of_its_seats_or_is_seated_together_anew():
    free = [place(name) for name in ("12A", "20A", "20B")]

    assert outcome(sitters("12A", "12B"), free) == {0: ("20A", "same_kind"), 1: ("20B", "same_kind")}


def test_a_party_that_cannot_sit_together_is_seated_one_by_one():
    free = [place(name) for name in ("3A", "25B")]

    assert outcome(sitters("12A", "12B"), free) == {0: ("3A", "same_kind"), 1: ("25B", "same_kind")}


def test_nobody_is_put_at_an_exit_who_may_not_sit_there():
    free = [place("12A", is_exit_row=True), place("30C")]

    assert outcome(sitters("12A", may_sit_at_exit=False), free) == {0: ("30C", "other_kind")}


def test_an_exit_is_another_kind():
    assert reseat(sitters("12A"), [place("12A", is_exit_row=True)])[0].outcome == Outcome.OTHER_KIND


def test_only_what_was_paid_for_keeps_its_worth():
    assert [each.keeps_its_worth for each in reseat(sitters("12A", "12B"), [place("3A"), place("25C")]).values()] == [
        True,
        False,
    ]
