"""What a layout makes."""

import pytest
from django.db import IntegrityError

from airlines.exceptions import LayoutInvalid
from airlines.models import FareFamily, Seat
from airlines.services.fleet import CabinPlan, add_airplane, seat_positions
from airlines.tests.factories import FareFamilyFactory, TaxRuleFactory


@pytest.mark.parametrize(
    ("layout", "positions"),
    [
        ("ABC-DEF", "window middle aisle aisle middle window"),
        ("A-DG-K", "window aisle aisle window"),
        ("ABC-DEFG-HJK", "window middle aisle aisle middle middle aisle aisle middle window"),
        ("A", "window"),
    ],
)
def test_windows_middles_and_aisles_follow_from_the_layout(layout, positions):
    assert list(seat_positions(layout).values()) == positions.split()


@pytest.mark.django_db
class TestExitRows:
    def plan(self, *exit_rows):
        return CabinPlan(cabin="economy", first_row=10, last_row=12, layout="A-C", exit_rows=exit_rows)

    def test_are_of_the_seats(self):
        add_airplane(registration="VT-KAA", model="A320neo", cabins=[self.plan(11)])

        assert [str(seat) for seat in Seat.objects.filter(is_exit_row=True)] == ["11A", "11C"]

    def test_outside_of_the_cabin_are_refused(self):
        with pytest.raises(LayoutInvalid):
            add_airplane(registration="VT-KAA", model="A320neo", cabins=[self.plan(9)])


@pytest.mark.django_db
class TestTheSeatFee:
    @pytest.mark.parametrize(
        ("included", "fee", "price"), [(True, 300, 0), (False, 300, 300), (False, 0, 0), (False, None, None)]
    )
    def test_is_asked_where_choice_is_not_included(self, included, fee, price):
        assert FareFamily(seat_choice_included=included, seat_fee=fee).price_of_a_seat == price

    def test_is_not_negative(self):
        with pytest.raises(IntegrityError, match="fare_family_seat_fee_not_negative"):
            FareFamilyFactory(seat_fee=-1)

    def test_has_a_code_that_no_tax_has(self):
        with pytest.raises(IntegrityError, match="tax_code_is_not_seat_choice"):
            TaxRuleFactory(code="SE")
