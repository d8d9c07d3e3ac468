"""Cursor pages of what moves: nothing is shown twice or lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlines.services.pages import CursorInvalid, Page, open_page, turn_to


def turn(page, entries):
    return turn_to(page, entries, identity=str)


@given(st.permutations(range(30)), st.data(), st.integers(1, 12))
def test_whatever_moves_between_pages_everything_is_shown_once(order, data, limit):
    shown, page = [], Page(limit)
    while page:
        turned = turn(page, order)
        shown += turned.entries
        order = data.draw(st.permutations(order))
        page = turned.next and open_page(turned.next.cursor, limit=limit)

    assert sorted(shown) == list(range(30))


def test_the_page_before_is_what_was_on_it_in_whatever_order_things_are_now():
    first = turn(Page(3), range(10))
    second = turn(first.next, range(10))
    third = turn(second.next, range(10))
    moved = list(reversed(range(10)))

    back = turn(open_page(third.previous.cursor, limit=3), moved)

    assert (back.entries, turn(back.previous, moved).entries) == ([3, 4, 5], [0, 1, 2])
    assert turn(back.next, moved).entries == [9, 8, 7]
    assert turn(back.previous, moved).previous is None


def test_what_is_gone_is_missing_on_the_page_before():
    second = turn(turn(Page(2), range(9)).next, range(9))

    assert turn(second.previous, [1, 5]).entries == [1]


def test_the_last_page_has_no_next_and_the_first_no_previous():
    assert turn(Page(5), range(5)).next is None
    assert turn(Page(5), range(5)).previous is None
    assert turn(turn(Page(4), range(5)).next, range(5)).next is None


def test_pages_end_after_two_hundred():
    page, shown = Page(60), []
    while page:
        turned = turn(page, range(1000))
        shown += turned.entries
        page = turned.next

    assert shown == list(range(200))


@pytest.mark.parametrize("cursor", ["", "x", "é", "A" * 5000, "AAAA", "_wAAAAAAA", "BgAA", "//"])
def test_a_cursor_that_is_none_of_ours_is_refused(cursor):
    with pytest.raises(CursorInvalid):
        open_page(cursor, limit=10)
