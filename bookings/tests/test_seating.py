"""Seats are chosen, changed, swapped, paid for and given back."""

from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal

import pytest

from airlines.exceptions import PriceChanged
from airlines.models import FareFamily, Flight, FlightFare, Seat
from airlines.tests.factories import AirplaneFactory, TaxRuleFactory, economy, make_flight
from bookings.exceptions import (
    ExitRowNotAllowed,
    HoldExpired,
    InfantHasNoSeat,
    PaymentRunning,
    SeatChoiceClosed,
    SeatChoiceNotIncluded,
    SeatNotAvailable,
    SeatTaken,
)
from bookings.gateways import Charge, ChargeStatus
from bookings.messages import seated_in_words
from bookings.models import Booking, Coupon, Refund
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.expiry import expire_holds
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.seat_maps import seat_map, seat_maps
from bookings.services.seating import choose_seats, seat_together
from bookings.services.settlement import record_answer, settle_due
from bookings.tests.factories import adult, child, infant, make_booking, make_hold
from flights_project.lib.errors import InvalidRequest

pytestmark = pytest.mark.django_db
FEE = 300
ALONE = "1 child sits in a row without an adult of your party: free seats do not allow better."
EXITS = "Children, and adults with an infant on the lap, may not sit at an exit."


@pytest.fixture
def flight(in_a_month):
    """Rows 1 to 5, an exit at row 3; a seat costs 300."""
    flight = make_flight(departs_at=in_a_month, number="KV101", airplane=AirplaneFactory(cabins=[economy(1, 5)]))
    Seat.objects.filter(row=3).update(is_exit_row=True)
    FareFamily.objects.update(seat_fee=FEE)
    return flight


@pytest.fixture
def included(flight):
    FareFamily.objects.update(seat_choice_included=True)


@pytest.fixture
def choose(now):
    def choose(booking, flight, *names, at=now, **options):
        return choose_seats(
            booking=booking, choices={(flight.pk, n): name for n, name in enumerate(names)}, now=at, **options
        )

    return choose


def seats_of(booking):
    coupons = booking.coupons.select_related("seat").order_by("segment", "passenger__position")
    return [str(coupon.seat) if coupon.seat else None for coupon in coupons]


def block_all_but(flight, *free):
    seats = [seat.pk for seat in Seat.objects.filter(cabin__airplane=flight.airplane) if str(seat) not in free]
    Seat.objects.filter(pk__in=seats).update(blocked_for="broken")


class TestTheMap:
    def test_shows_what_is_free_taken_ones_own_and_blocked(self, traveller, stranger, flight, choose, now):
        mine, other = make_hold(traveller, flight, now=now), make_hold(stranger, flight, now=now)
        choose(mine, flight, "1A")
        choose(other, flight, "1B")
        Seat.objects.filter(row=1, letter="C").update(blocked_for="crew_rest")

        drawn = seat_map(flight=flight, cabin="economy", booking=mine)

        assert [seat.state for seat in drawn.rows[0].seats] == ["yours", "taken", "blocked", "free", "free", "free"]
        assert [seat.position for seat in drawn.rows[0].seats] == [
            "window", "middle", "aisle", "aisle", "middle", "window",
        ]  # fmt: skip
        assert [row.is_exit_row for row in drawn.rows] == [False, False, True, False, False]
        assert (drawn.seats["1A"].traveller, drawn.blocks) == (0, ["ABC", "DEF"])

    def test_of_several_flights_takes_two_queries(self, flight, in_a_month, django_assert_num_queries):
        flights = [flight, make_flight("BOM", "DEL", departs_at=in_a_month)]

        with django_assert_num_queries(2):
            seat_maps(flights=flights, cabin="economy")

    def test_of_a_cabin_that_the_airplane_lacks_is_empty(self, flight):
        assert seat_map(flight=flight, cabin="first").rows == ()


@pytest.mark.usefixtures("included")
class TestChoosing:
    def test_seats_a_party_in_one_request(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])

        choose(booking, flight, "1A", "1b")

        assert seats_of(booking) == ["1A", "1B"]

    def test_lets_two_swap_in_one_request(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])
        choose(booking, flight, "1A", "1B")

        choose(booking, flight, "1B", "1A")

        assert seats_of(booking) == ["1B", "1A"]

    def test_lets_a_seat_go(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now)
        choose(booking, flight, "1A")
        choose(booking, flight, None)

        assert seats_of(booking) == [None]

    def test_refuses_anothers_seat_and_then_changes_nothing(self, traveller, stranger, flight, choose, now):
        choose(make_hold(stranger, flight, now=now), flight, "1B")
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])

        with pytest.raises(SeatTaken) as raised:
            choose(booking, flight, "1A", "1B")

        assert raised.value.facts == {"seat": "1B", "flight": "KV101"}
        assert seats_of(booking) == [None, None]

    def test_refuses_one_seat_for_two(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])

        with pytest.raises(SeatTaken):
            choose(booking, flight, "1A", "1A")

    def test_passes_a_seat_on(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])
        choose(booking, flight, "1A")

        choose(booking, flight, None, "1A")

        assert seats_of(booking) == [None, "1A"]

    def test_refuses_a_companions_seat_who_stays_on_it(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])
        choose(booking, flight, "1A")

        with pytest.raises(SeatTaken):
            choose_seats(booking=booking, choices={(flight.pk, 1): "1A"}, now=now)

    @pytest.mark.parametrize("name", ["9A", "1K", "2A"])
    def test_refuses_what_is_not_in_the_cabin_or_is_blocked(self, traveller, flight, choose, now, name):
        Seat.objects.filter(row=2).update(blocked_for="broken")

        with pytest.raises(SeatNotAvailable):
            choose(make_hold(traveller, flight, now=now), flight, name)

    def test_keeps_who_sits_on_a_seat_that_was_blocked_since(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now)
        choose(booking, flight, "1A")
        Seat.objects.update(blocked_for="broken")

        choose(booking, flight, "1A")

        assert seats_of(booking) == ["1A"]

    @pytest.mark.parametrize(("people", "who"), [([adult, child], 1), ([adult, infant], 0)])
    def test_keeps_children_and_laps_away_from_exits(self, traveller, flight, now, people, who):
        booking = make_hold(traveller, flight, now=now, travellers=[make() for make in people])

        with pytest.raises(ExitRowNotAllowed):
            choose_seats(booking=booking, choices={(flight.pk, who): "3A"}, now=now)

    @pytest.mark.parametrize(("days", "refused"), [(0, False), (1, True)])
    def test_exits_are_for_travellers_of_15_and_over(self, traveller, flight, choose, now, days, refused):
        birthday = flight.departs_on.replace(year=flight.departs_on.year - 15) + timedelta(days=days)
        booking = make_hold(traveller, flight, now=now, travellers=[adult(born_on=birthday)])

        with pytest.raises(ExitRowNotAllowed) if refused else nullcontext():
            choose(booking, flight, "3A")

    def test_lets_other_adults_sit_at_exits(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now)

        choose(booking, flight, "3A")

        assert seats_of(booking) == ["3A"]

    def test_has_no_seat_for_infants(self, traveller, flight, now):
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), infant()])

        with pytest.raises(InfantHasNoSeat):
            choose_seats(booking=booking, choices={(flight.pk, 1): "1A"}, now=now)

    def test_knows_only_the_bookings_flights_and_travellers(self, traveller, flight, now):
        booking = make_hold(traveller, flight, now=now)

        for choices in ({(flight.pk, 7): "1A"}, {(0, 0): "1A"}):
            with pytest.raises(InvalidRequest):
                choose_seats(booking=booking, choices=choices, now=now)

    def test_closes_an_hour_before_departure(self, traveller, flight, choose, now):
        booking = make_booking(traveller, flight, now=now)
        closes_at = flight.departs_at - timedelta(minutes=60)

        choose(booking, flight, "1A", at=closes_at - timedelta(seconds=1))
        with pytest.raises(SeatChoiceClosed):
            choose(booking, flight, "1B", at=closes_at)

    def test_is_closed_on_cancelled_flights_and_for_who_has_checked_in(self, traveller, flight, choose, now):
        booking = make_booking(traveller, flight, now=now)
        booking.coupons.update(status="checked_in")
        with pytest.raises(SeatChoiceClosed):
            choose(booking, flight, "1A")
        booking.coupons.update(status="open")
        Flight.objects.update(status="cancelled")
        with pytest.raises(SeatChoiceClosed):
            choose(booking, flight, "1A")

    def test_is_over_with_the_booking(self, traveller, flight, choose, now):
        hold = make_hold(traveller, flight, now=now)
        with pytest.raises(HoldExpired):
            choose(hold, flight, "1A", at=hold.payment_required_by)
        expire_holds(now=hold.payment_required_by)
        with pytest.raises(SeatChoiceClosed):
            choose(hold, flight, "1A")

    def test_gives_the_seat_back_with_the_coupon(self, traveller, stranger, flight, choose, now):
        booking = make_booking(traveller, flight, now=now)
        choose(booking, flight, "1A")
        quote = quote_cancellation(booking=booking, now=now)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)
        other = make_hold(stranger, flight, now=now)

        choose(other, flight, "1A")

        assert seats_of(other) == ["1A"]


class TestTheFee:
    def test_is_a_line_of_the_price_during_the_hold(self, traveller, flight, choose, now):
        TaxRuleFactory(amount=100)
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])

        changed = choose(booking, flight, "1A")

        coupon = booking.coupons.get(passenger__position=0)
        assert coupon.taxes[-1] == {"code": "SE", "name": "Seat choice", "amount": "300.00", "refundable": False}
        assert (coupon.total, changed.total) == (4400, 8500)
        assert Booking.objects.get().total == sum(coupon.total for coupon in Coupon.objects.all())

    def test_is_charged_once_and_goes_with_the_seat(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now)
        totals = [choose(booking, flight, name).total for name in ("1A", "1B", None, None)]

        assert totals == [4300, 4300, 4000, 4000]
        assert booking.coupons.get().taxes == []

    def test_is_not_more_than_was_agreed(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now)

        with pytest.raises(PriceChanged) as raised:
            choose(booking, flight, "1A", at_most=Decimal(4000))

        assert raised.value.facts["total"]["amount"] == "4300.00"
        assert seats_of(booking) == [None]
        choose(booking, flight, "1A", at_most=Decimal(4300))

    def test_stands_still_while_a_payment_runs(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now)
        pay(booking=booking, gateway="sandbox", token="tok_slow", now=now)

        with pytest.raises(PaymentRunning):
            choose(booking, flight, "1A")

    def test_is_paid_with_the_booking_and_lets_the_seat_be_changed(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now)
        choose(booking, flight, "1A")
        payment = pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)

        choose(booking, flight, None)
        choose(booking, flight, "5F")

        assert (payment.amount, seats_of(booking), reconcile()) == (4300, ["5F"], [])

    def test_is_not_asked_where_no_choice_is_sold(self, traveller, flight, choose, now):
        FareFamily.objects.update(seat_fee=None)

        with pytest.raises(SeatChoiceNotIncluded):
            choose(make_hold(traveller, flight, now=now), flight, "1A")

    def test_stays_when_the_journey_is_priced_again(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now)
        choose(booking, flight, "1A")
        FlightFare.objects.update(amount=5000)

        with pytest.raises(PriceChanged):
            pay(booking=booking, gateway="sandbox", token="tok_ok", now=booking.price_guaranteed_until)

        booking.refresh_from_db()
        assert (booking.total, booking.coupons.get().seat_fee, booking.coupons.get().total) == (5300, 300, 5300)

    def test_follows_the_fare_when_it_is_cancelled(self, traveller, flight, choose, now):
        FareFamily.objects.update(refund_percent=50)
        booking = make_hold(traveller, flight, now=now)
        choose(booking, flight, "1A")
        pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)
        later = now + timedelta(days=2)

        quote = quote_cancellation(booking=booking, now=later)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=later)

        assert (Refund.objects.get().amount, reconcile()) == (2150, [])


def test_a_failed_payment_that_is_taken_after_all_does_not_pay_for_a_seat_chosen_since(traveller, flight, choose, now):
    booking = make_hold(traveller, flight, now=now)
    payment = pay(booking=booking, gateway="sandbox", token="tok_declined", now=now)
    choose(booking, flight, "1A")
    taken = Charge(status=ChargeStatus.SUCCEEDED, amount=Decimal(4000), currency="INR")

    payment = record_answer(payment=payment, charge=taken, now=now)

    booking.refresh_from_db()
    assert (payment.status, Refund.objects.get().reason) == ("refunded", "wrong_amount")
    assert (booking.status, booking.total, reconcile()) == ("held", 4300, [])


def test_who_pays_late_keeps_the_booking_and_loses_a_seat_that_was_taken(traveller, stranger, flight, choose, now):
    booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])
    choose(booking, flight, "1A", "1B")
    pay(booking=booking, gateway="sandbox", token="tok_slow", now=now)
    Booking.objects.filter(pk=booking.pk).update(status="expired")
    Coupon.objects.update(status="cancelled")
    flight.cabins.update(seats_held=0)
    choose(make_hold(stranger, flight, now=now), flight, "1A")

    settle_due(now=now + timedelta(hours=1))

    booking.refresh_from_db()
    assert (booking.status, seats_of(booking), reconcile()) == ("confirmed", [None, "1B"], [])


@pytest.mark.usefixtures("included")
class TestTogether:
    def test_seats_the_party_side_by_side_on_every_flight_and_says_so(self, traveller, flight, in_a_month, now):
        back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=3))
        booking = make_hold(traveller, flight, back, now=now, travellers=[adult(), child(), infant()])

        seated = seat_together(booking=booking, now=now)

        assert seats_of(booking) == ["1B", "1A", None, "3B", "3A", None]
        assert [seated_in_words(each) for each in seated] == [
            "You sit side by side in row 1.",
            "You sit side by side in row 3.",
        ]

    def test_leaves_who_sits_together_where_they_are(self, traveller, flight, choose, now):
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])
        choose(booking, flight, "5E", "5F")

        [seated] = seat_together(booking=booking, now=now)

        assert seats_of(booking) == ["5E", "5F"]
        assert seated_in_words(seated) == "You sit side by side in row 5 already, so nothing was changed."

    @pytest.mark.parametrize(
        ("free", "words"),
        [
            (
                ["1C", "1D"],
                "You all sit in row 1. No row has 2 free seats side by side without an aisle.",
            ),
            (
                ["1A", "2A"],
                "You sit in rows 1 and 2, as close as it goes. No row has 2 free seats for you. " + ALONE,
            ),
            (
                ["1A", "3A"],
                "You sit in rows 1 and 3. No rows next to each other have 2 free seats for you. " + ALONE,
            ),
            ([], "There are not 2 free seats that you may all take, so nothing was changed."),
        ],
    )
    def test_says_why_it_is_not_better(self, traveller, flight, now, free, words):
        booking = make_hold(traveller, flight, now=now, travellers=[adult(), child()])
        block_all_but(flight, *free, "3A")

        [seated] = seat_together(booking=booking, now=now)

        assert seated_in_words(seated) == f"{words} {EXITS}"

    def test_is_over_when_the_last_flight_is_closed(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)

        with pytest.raises(SeatChoiceClosed):
            seat_together(booking=booking, now=flight.departs_at)
