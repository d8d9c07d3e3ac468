"""Schedules as rows of a sheet: read as they were written, and refused by the column that is wrong."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest
from django.core.exceptions import ValidationError

from airlines.services.schedule_rows import SheetReader, row_of
from airlines.services.schedules import add_schedule
from airlines.tests.factories import AirplaneFactory, a_pattern

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 6)


@pytest.fixture
def pattern(db):
    return a_pattern(
        starts_on=FIRST,
        ends_on=LAST,
        airplanes=(AirplaneFactory(), AirplaneFactory()),
        fares={"light": 4000, "flex": 6200},
        floor_percent=75,
    )


def test_a_row_is_read_as_it_was_written(pattern):
    endless = replace(pattern, number="KV302", ends_on=None, floor_percent=None, airplanes=())

    assert [SheetReader().pattern(row_of(each)) for each in (pattern, endless)] == [pattern, endless]


def test_numbers_days_and_times_of_a_spreadsheet_are_understood(pattern):
    typed = row_of(pattern) | {
        "number": "kv301",
        "departs": time(6),
        "arrives": datetime(1900, 1, 1, 8),  # noqa: DTZ001 -- as a spreadsheet has it
        "starts_on": datetime(2026, 12, 1),  # noqa: DTZ001 -- likewise
        "ends_on": LAST,
        "days": 1234567.0,
        "day_offset": 0.0,
        "weekday_percents": "",
        "ceiling_percent": None,
    }

    assert SheetReader().pattern(typed) == pattern


def test_all_columns_that_are_wrong_are_named_at_once(pattern):
    wrong = {
        "origin": "XXX",
        "departs": "six",
        "starts_on": "",
        "ends_on": "6.12.2026",
        "day_offset": "next",
        "airplanes": "VT-XXX",
    }

    with pytest.raises(ValidationError) as refused:
        SheetReader().pattern(row_of(pattern) | wrong)

    assert refused.value.message_dict.keys() == wrong.keys()


@pytest.mark.parametrize(
    ("fares", "why"),
    [
        ("economy light", "Not a fare: economy light"),
        ("cellar light 4000", "Not a fare: cellar light 4000"),
        ("economy light much", "Not an amount: much"),
        ("economy basic 4000", "There is no fare family basic"),
        ("economy light -1", "A fare is not negative"),
    ],
)
def test_a_wrong_fare_says_why(pattern, fares, why):
    with pytest.raises(ValidationError, match=why) as refused:
        SheetReader().pattern(row_of(pattern) | {"fares": fares})

    assert list(refused.value.message_dict) == ["fares"]


def test_too_few_percentages_are_refused(pattern):
    with pytest.raises(ValidationError) as refused:
        SheetReader().pattern(row_of(pattern) | {"weekday_percents": "100 100"})

    assert list(refused.value.message_dict) == ["weekday_percents"]


class TestBesideOthers:
    def test_a_row_takes_the_place_of_the_schedule_that_it_names(self, pattern):
        schedule = add_schedule(pattern)
        reader = SheetReader()
        rows = [row_of(pattern) | {"starts_on": datetime(2026, 12, 1)}]  # noqa: DTZ001 -- as a spreadsheet has it

        reader.expect(rows)

        assert reader.schedule_of(reader.pattern(rows[0])) == schedule

    def test_a_schedule_that_no_row_names_is_in_the_way(self, pattern):
        add_schedule(pattern)
        reader = SheetReader()
        later = replace(pattern, starts_on=LAST)

        reader.expect([row_of(later)])

        with pytest.raises(ValidationError, match="already leaves from there"):
            reader.pattern(row_of(later))
        assert reader.schedule_of(later) is None

    def test_rows_that_share_no_day_do_not_meet(self, pattern):
        reader = SheetReader()
        after = replace(pattern, starts_on=date(2026, 12, 7), ends_on=None)

        assert [reader.pattern(row_of(each)) for each in (pattern, after)] == [pattern, after]
        with pytest.raises(ValidationError, match="the same number, airport and first day"):
            reader.pattern(row_of(pattern))
