"""Seats that are paid for after the tickets were issued: kept, paid, lapsed, given back."""

from datetime import timedelta
from decimal import Decimal

import pytest

from airlines.exceptions import PriceChanged
from airlines.models import FareFamily, Flight, Seat
from airlines.services.blocked_seats import write_seat
from airlines.tests.factories import AirplaneFactory, economy, make_flight
from bookings.exceptions import NotPayable, PaymentRunning, SeatOrderLapsed, SeatTaken
from bookings.gateways import Charge, ChargeStatus, GatewayUnreachable
from bookings.gateways.sandbox import SandboxGateway
from bookings.models import OrderedSeat, Payment, Refund, SandboxCharge, SeatOrder
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.refunds import pay_refunds
from bookings.services.seat_orders import lapse_overdue
from bookings.services.seating import choose_seats, seat_together
from bookings.services.settlement import CHALLENGE_IS_FAILED_AFTER, record_answer, settle_due
from bookings.tests.factories import adult, make_booking
from notifications.models import Message

pytestmark = pytest.mark.django_db
FEE = 300


@pytest.fixture
def flight(in_a_month):
    flight = make_flight(departs_at=in_a_month, number="KV101", airplane=AirplaneFactory(cabins=[economy(1, 5)]))
    FareFamily.objects.update(seat_fee=FEE)
    return flight


@pytest.fixture
def booking(traveller, flight, now):
    """Two adults with tickets."""
    return make_booking(traveller, flight, now=now, travellers=[adult(), adult()])


@pytest.fixture
def choose(booking, flight, now):
    def choose(*names, whose=booking, at=now, **options):
        choices = {(flight.pk, n): name for n, name in enumerate(names)}
        return choose_seats(booking=whose, choices=choices, now=at, **options)

    return choose


@pytest.fixture
def pay_seats(booking, now):
    def pay_seats(token="tok_ok", at=now):
        return pay(booking=booking, gateway="sandbox", token=token, now=at)

    return pay_seats


def seats_of(booking):
    return [str(coupon.seat) if coupon.seat else None for coupon in booking.coupons.order_by("passenger__position")]


def test_are_kept_until_they_are_paid_and_taken_then(booking, choose, pay_seats):
    choose("1A", "1B")
    assert (seats_of(booking), booking.open_seat_order.amount, booking.amount_due) == ([None, None], 600, 600)

    payment = pay_seats()

    booking.refresh_from_db()
    assert (payment.status, payment.amount, seats_of(booking)) == ("succeeded", 600, ["1A", "1B"])
    assert booking.total == 8600 == sum(coupon.total for coupon in booking.coupons.all())
    assert [coupon.seat_fee for coupon in booking.coupons.all()] == [FEE, FEE]
    assert SeatOrder.objects.get().status == "paid"
    assert Message.objects.filter(kind="seats_paid", way="email").count() == 1
    assert reconcile() == []


def test_are_nobody_elses_meanwhile(booking, stranger, flight, choose, now):
    other = make_booking(stranger, flight, now=now)
    choose("1A")

    with pytest.raises(SeatTaken):
        choose("1A", whose=other)
    FareFamily.objects.update(seat_choice_included=True)
    with pytest.raises(SeatTaken):
        choose("1A", whose=other)


def test_of_an_order_that_lapses_are_free_again(booking, stranger, flight, choose, pay_seats, now, settings):
    other = make_booking(stranger, flight, now=now)
    choose("1A")
    late = now + settings.SEAT_ORDER_LIFETIME

    assert lapse_overdue(now=late - timedelta(seconds=1)) == 0
    with pytest.raises(SeatOrderLapsed):
        pay_seats(at=late)
    assert (lapse_overdue(now=late), lapse_overdue(now=late)) == (1, 0)
    with pytest.raises(NotPayable):
        pay_seats(at=late)
    choose("1A", whose=other, at=late)
    assert OrderedSeat.objects.kept().count() == 1


def test_a_new_choice_stands_in_the_place_of_the_last(booking, choose, pay_seats):
    choose("1A", "1B")
    choose("2C")

    assert list(SeatOrder.objects.order_by("amount").values_list("amount", "status")) == [
        (300, "open"),
        (600, "lapsed"),
    ]
    assert pay_seats().amount == FEE
    assert seats_of(booking) == ["2C", None]


def test_letting_an_ordered_seat_go_costs_nothing(booking, choose, pay_seats):
    choose("1A")
    choose(None)

    with pytest.raises(NotPayable):
        pay_seats()


def test_who_has_paid_changes_for_nothing_and_takes_part_in_the_order_of_a_companion(booking, choose, pay_seats):
    choose("1A")
    pay_seats()
    choose("1C")
    assert seats_of(booking) == ["1C", None]

    choose("1D", "1C")  # the first makes room for the second, who has to pay
    assert (seats_of(booking), booking.seat_orders.open().get().amount) == (["1C", None], FEE)
    pay_seats()

    assert (seats_of(booking), reconcile()) == (["1D", "1C"], [])


def test_together_is_ordered_too(booking, choose, pay_seats, now):
    seat_together(booking=booking, now=now)
    pay_seats()

    assert (seats_of(booking), reconcile()) == (["1A", "1B"], [])


def test_cost_no_more_than_was_agreed(booking, choose):
    with pytest.raises(PriceChanged) as raised:
        choose("1A", at_most=booking.total)

    assert raised.value.facts["total"]["amount"] == "8300.00"
    assert not SeatOrder.objects.exists()
    choose("1A", at_most=booking.total + FEE)


class TestPaying:
    def test_declined_leaves_the_order_open(self, booking, choose, pay_seats):
        choose("1A")

        assert pay_seats("tok_declined").status == "failed"
        assert pay_seats("tok_ok").status == "succeeded"
        assert (seats_of(booking), reconcile()) == (["1A", None], [])

    def test_while_it_runs_neither_choice_nor_clock_moves(self, booking, choose, pay_seats, now, settings):
        choose("1A")
        pay_seats("tok_slow")
        late = now + settings.SEAT_ORDER_LIFETIME

        assert lapse_overdue(now=late) == 0
        with pytest.raises(PaymentRunning):
            choose("1B")
        settle_due(now=now + settings.SANDBOX_SLOW_ANSWER)
        assert (seats_of(booking), reconcile()) == (["1A", None], [])

    def test_whose_answer_is_lost_is_asked_about(self, booking, choose, pay_seats, now):
        choose("1A")

        assert pay_seats("tok_error").status == "started"
        settle_due(now=now + timedelta(minutes=1))
        assert (seats_of(booking), Payment.objects.filter(status="succeeded").count()) == (["1A", None], 2)

    @pytest.mark.parametrize(("approve", "seats"), [(True, ["1A", None]), (False, [None, None])])
    def test_waits_for_the_bank(self, booking, choose, pay_seats, now, approve, seats):
        choose("1A")
        payment = pay_seats("tok_3ds")

        SandboxGateway.answer_challenge(key=payment.pk, approve=approve, now=now)
        settle_due(now=now + timedelta(minutes=1))

        assert (payment.challenge_url != "", seats_of(booking), reconcile()) == (True, seats, [])

    def test_that_is_given_up_lets_the_seats_go(self, booking, choose, pay_seats, now):
        choose("1A")
        pay_seats("tok_3ds")
        late = now + CHALLENGE_IS_FAILED_AFTER

        settle_due(now=late)

        assert (lapse_overdue(now=late), OrderedSeat.objects.kept().count()) == (1, 0)

    def test_twice_at_once_is_one_payment(self, booking, choose, pay_seats, monkeypatch):
        choose("1A")
        with monkeypatch.context() as lost:
            lost.setattr(SandboxGateway, "ask", lambda *_, **__: (_ for _ in ()).throw(GatewayUnreachable))
            first = pay_seats()
            second = pay_seats()

        assert first.pk == second.pk

    def test_another_amount_goes_back(self, booking, choose, pay_seats, now):
        choose("1A")
        payment = pay_seats("tok_slow")
        taken = Charge(status=ChargeStatus.SUCCEEDED, reference=payment.reference, amount=Decimal(1), currency="INR")

        record_answer(payment=payment, charge=taken, now=now)

        assert (Refund.objects.get().reason, Refund.objects.get().amount) == ("wrong_amount", 1)
        assert (seats_of(booking), reconcile()) == ([None, None], [])


class TestCheckingIn:
    def test_does_not_give_what_is_ordered_for_nothing(self, booking, choose, pay_seats, flight):
        choose("5A", "5B")
        opens = flight.departs_at - timedelta(hours=20)
        SeatOrder.objects.update(payment_required_by=opens + timedelta(minutes=5))

        check_in(booking=booking, now=opens)

        assert (SeatOrder.objects.get().status, OrderedSeat.objects.kept().count()) == ("lapsed", 0)
        with pytest.raises(NotPayable):
            pay_seats(at=opens)

    def test_waits_for_the_payment(self, booking, choose, pay_seats, flight):
        choose("5A")
        pay_seats("tok_slow")

        with pytest.raises(PaymentRunning):
            check_in(booking=booking, now=flight.departs_at - timedelta(hours=20))


class TestASuccessThatComesLate:
    """A payment was given up and its order lapsed; then the gateway took the money after all."""

    @pytest.fixture
    def late(self, choose, pay_seats, now):
        choose("1A")
        payment = pay_seats("tok_3ds")
        settle_due(now=now + CHALLENGE_IS_FAILED_AFTER)
        lapse_overdue(now=now + CHALLENGE_IS_FAILED_AFTER)
        payment.refresh_from_db()
        assert payment.status == "failed"

        def succeed():
            charge = Charge(
                status=ChargeStatus.SUCCEEDED, reference=payment.reference, amount=Decimal(FEE), currency="INR"
            )
            SandboxCharge.objects.update(outcome="succeeds")
            return record_answer(payment=payment, charge=charge, now=now + timedelta(hours=1))

        return succeed

    def test_takes_the_seats_that_are_still_free(self, booking, late):
        assert late().status == "succeeded"
        assert (seats_of(booking), reconcile()) == (["1A", None], [])

    def test_goes_back_where_somebody_sits_there(self, booking, late, stranger, flight, choose, now):
        FareFamily.objects.update(seat_choice_included=True)
        choose("1A", whose=make_booking(stranger, flight, now=now))

        assert late().status == "refunded"
        assert (Refund.objects.get().reason, pay_refunds(now=now)) == ("seat_choice_gone", 1)
        assert (seats_of(booking), reconcile(), OrderedSeat.objects.kept().count()) == ([None, None], [], 0)

    def test_goes_back_where_somebody_has_ordered_it(self, late, stranger, flight, choose, now):
        other = make_booking(stranger, flight, now=now)
        choose("1A", whose=other)

        assert late().status == "refunded"
        assert OrderedSeat.objects.kept().get().order.booking == other

    def test_goes_back_where_the_seat_is_blocked(self, late, now):
        seat = Seat.objects.get(row=1, letter="A")
        seat.blocked_for = "broken"
        write_seat(seat=seat, now=now)

        assert (late().status, reconcile()) == ("refunded", [])

    @pytest.mark.parametrize("status", ["cancelled", "departed"])
    def test_goes_back_where_the_flight_is_gone(self, late, status):
        Flight.objects.update(status=status)

        assert (late().status, reconcile()) == ("refunded", [])

    def test_goes_back_where_the_order_was_paid_meanwhile(self, booking, late, choose, pay_seats):
        SeatOrder.objects.update(status="open")
        OrderedSeat.objects.update(released_at=None)
        pay_seats()

        assert (late().status, Refund.objects.get().reason) == ("refunded", "paid_twice")
        assert (seats_of(booking), reconcile()) == (["1A", None], [])


class TestCancelling:
    def cancel(self, booking, now, **what):
        quote = quote_cancellation(booking=booking, now=now, **what)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)
        return quote

    def test_gives_the_fee_back_by_the_rules_of_the_fare_through_the_payment_that_took_it(
        self, booking, choose, pay_seats, now
    ):
        choose("1A", "1B")
        seats = pay_seats()

        quote = self.cancel(booking, now)  # within 24 hours of booking: everything

        assert (quote.refund, Refund.objects.get(payment=seats).amount) == (8600, 600)
        assert (pay_refunds(now=now), reconcile()) == (2, [])
        assert set(Payment.objects.values_list("status", flat=True)) == {"refunded"}

    def test_after_that_keeps_what_the_fare_keeps(self, booking, choose, pay_seats, now):
        FareFamily.objects.update(refund_percent=40)
        choose("1A")
        pay_seats()
        later = now + timedelta(days=2)

        first = self.cancel(booking, later, passengers=[0])
        second = self.cancel(booking, later, passengers=[1])

        assert (first.refund, second.refund) == (Decimal("1720.00"), Decimal("1600.00"))
        assert (sum(refund.amount for refund in Refund.objects.all()), reconcile()) == (3320, [])

    def test_while_seats_are_being_paid_sends_their_money_back(self, booking, choose, pay_seats, now, settings):
        choose("1A")
        pay_seats("tok_slow")
        self.cancel(booking, now)

        settle_due(now=now + settings.SANDBOX_SLOW_ANSWER)

        assert Refund.objects.get(reason="seat_choice_gone").amount == FEE
        assert reconcile() == []
