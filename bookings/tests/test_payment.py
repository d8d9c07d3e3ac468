from datetime import timedelta
from decimal import Decimal

import pytest

from airlines.exceptions import PriceChanged
from airlines.models import Flight, FlightCabin
from airlines.services.fares import change_fare
from airlines.tests.factories import fare_of, make_flight
from bookings.exceptions import GatewayUnknown, HoldExpired, NotPayable, PaymentRunning
from bookings.gateways import Charge, ChargeStatus, GatewayUnreachable
from bookings.gateways.sandbox import SandboxGateway
from bookings.models import Booking, Payment, Refund, SandboxCharge
from bookings.services.expiry import expire_holds
from bookings.services.holds import release_hold
from bookings.services.payment import pay
from bookings.services.refunds import pay_refunds
from bookings.services.settlement import record_answer, settle, settle_due
from bookings.tests.factories import adult, infant, make_hold
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=3)


@pytest.fixture
def booking(traveller, flight, now):
    return make_hold(traveller, flight, now=now, travellers=[adult(), infant()])


def pay_with(booking, token, now):
    payment = pay(booking=booking, gateway="sandbox", token=token, now=now)
    booking.refresh_from_db()
    return payment


def seats_of(flight):
    cabin = FlightCabin.objects.get(flight=flight)
    return cabin.seats_held, cabin.seats_sold, cabin.seats_left


def told(kind):
    return Message.objects.filter(kind=kind).count()


def test_a_payment_confirms_sells_and_tickets(booking, flight, now, settings):
    payment = pay_with(booking, "tok_ok", now)

    assert (payment.status, payment.amount) == ("succeeded", booking.total)
    assert (booking.status, booking.confirmed_at) == ("confirmed", now)
    assert seats_of(flight) == (0, 1, 2)
    assert set(booking.coupons.values_list("status", flat=True)) == {"open"}
    numbers = [passenger.ticket.number for passenger in booking.passengers.all()]
    assert len(set(numbers)) == 2
    assert all(len(number) == 13 and number.startswith(settings.AIRLINE_ACCOUNTING_CODE) for number in numbers)
    assert told("booking_confirmed") == 1


def test_the_check_digit_is_the_number_modulo_seven(booking, now):
    pay_with(booking, "tok_ok", now)
    ticket = booking.passengers.first().ticket
    ticket.number = "1013333417890"

    assert ticket.check_digit == 1013333417890 % 7


def test_a_declined_payment_leaves_the_hold_and_another_card_may_be_tried(booking, flight, now):
    payment = pay_with(booking, "tok_declined", now)

    assert (payment.status, payment.decline_code) == ("failed", "card_declined")
    assert booking.status == "held"
    assert seats_of(flight) == (1, 0, 2)
    assert told("payment_failed") == 1
    assert pay_with(booking, "tok_ok", now).status == "succeeded"


def test_a_journey_for_nothing_is_confirmed_without_asking_for_money(traveller, in_a_month, now):
    free = make_hold(traveller, make_flight(departs_at=in_a_month, fares={"light": 0}), now=now)

    assert pay_with(free, "tok_ok", now).status == "succeeded"
    assert free.status == "confirmed"
    assert SandboxCharge.objects.count() == 0


def test_a_gateway_that_was_closed_does_not_stop_the_others(booking, now, settings):
    payment = pay_with(booking, "tok_slow", now)
    settings.PAYMENT_GATEWAYS = []

    assert settle_due(now=payment.ask_again_at) == 0
    assert Payment.objects.get().status == "started"


def test_an_unknown_token_is_declined(booking, now):
    assert pay_with(booking, "tok_of_my_own", now).decline_code == "invalid_token"


def test_an_unknown_gateway_is_refused(booking, now):
    with pytest.raises(GatewayUnknown):
        pay(booking=booking, gateway="stripe", token="tok_ok", now=now)


def test_a_gateway_that_is_not_open_is_refused(booking, now, settings):
    settings.PAYMENT_GATEWAYS = []

    with pytest.raises(GatewayUnknown):
        pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)


def test_a_paid_booking_is_not_paid_again(booking, now):
    pay_with(booking, "tok_ok", now)

    with pytest.raises(NotPayable):
        pay_with(booking, "tok_ok", now)
    assert SandboxCharge.objects.count() == 1


def test_a_hold_is_paid_until_its_time_is_over(booking, now):
    with pytest.raises(HoldExpired):
        pay_with(booking, "tok_ok", booking.payment_required_by)
    assert Payment.objects.count() == 0


def test_an_expired_hold_is_not_paid(booking, now):
    expire_holds(now=booking.payment_required_by)

    with pytest.raises(HoldExpired):
        pay_with(booking, "tok_ok", booking.payment_required_by)


class TestAPaymentThatRuns:
    def test_stops_both_clocks_until_the_gateway_answers(self, booking, flight, now, settings):
        payment = pay_with(booking, "tok_slow", now)
        change_fare(fare=fare_of(flight), amount=Decimal(9000))
        after_the_hold = now + settings.SANDBOX_SLOW_ANSWER

        assert expire_holds(now=after_the_hold) == 0
        assert settle_due(now=after_the_hold) == 1

        booking.refresh_from_db()
        payment.refresh_from_db()
        assert booking.status == "confirmed"
        assert payment.amount == booking.total == 4400

    def test_is_not_made_again_by_a_second_click(self, booking, now):
        first = pay_with(booking, "tok_slow", now)
        second = pay_with(booking, "tok_slow", now + timedelta(seconds=2))

        assert (first.pk, second.status) == (second.pk, "started")
        assert SandboxCharge.objects.count() == 1

    def test_is_waited_for_before_another_card(self, booking, now):
        pay_with(booking, "tok_slow", now)

        with pytest.raises(PaymentRunning):
            pay_with(booking, "tok_ok", now)

    def test_gives_the_hold_back_to_its_clock_when_it_fails(self, booking, now):
        pay_with(booking, "tok_3ds", now)
        much_later = now + timedelta(hours=1)

        settle_due(now=much_later)

        assert Payment.objects.get().decline_code == "challenge_expired"
        assert expire_holds(now=much_later) == 1


class TestWhenTheGatewayDoesNotAnswer:
    def test_the_truth_is_asked_for(self, booking, now):
        assert pay_with(booking, "tok_error", now).status == "started"

        assert settle_due(now=now + timedelta(seconds=30)) == 1

        booking.refresh_from_db()
        assert booking.status == "confirmed"
        assert SandboxCharge.objects.count() == 1

    def test_one_whose_gateway_is_closed_keeps_no_other_waiting(self, booking, traveller, in_a_month, now):
        pay_with(booking, "tok_error", now)
        Payment.objects.update(gateway="closed")
        other = make_hold(traveller, make_flight("BOM", "BLR", departs_at=in_a_month), now=now)
        pay_with(other, "tok_error", now)

        assert settle_due(now=now + timedelta(seconds=30)) == 1

        other.refresh_from_db()
        assert other.status == "confirmed"

    def test_it_is_asked_again_ever_more_rarely(self, booking, now, monkeypatch):
        def unreachable(self, **kwargs):
            raise GatewayUnreachable

        payment = pay_with(booking, "tok_error", now)
        monkeypatch.setattr(SandboxGateway, "ask", unreachable)
        waits = []
        for _ in range(6):
            payment.refresh_from_db()
            waits.append((payment.ask_again_at - now).total_seconds())
            now = payment.ask_again_at
            assert settle_due(now=now) == 0

        assert waits == [30, 30, 60, 120, 240, 300]

    def test_a_charge_that_never_reached_it_has_failed_in_the_end(self, booking, now, monkeypatch):
        def lost(self, **kwargs):
            raise GatewayUnreachable

        monkeypatch.setattr(SandboxGateway, "charge", lost)
        payment = pay_with(booking, "tok_ok", now)

        assert settle(payment=payment, now=now + timedelta(seconds=119)).status == "started"
        payment = settle(payment=payment, now=now + timedelta(minutes=2))
        assert (payment.status, payment.decline_code) == ("failed", "never_received")


class TestAChallenge:
    def test_is_approved_on_the_banks_page(self, booking, now):
        payment = pay_with(booking, "tok_3ds", now)
        assert payment.challenge_url.endswith(f"/payments/sandbox/{payment.pk}/")

        SandboxGateway.answer_challenge(key=payment.pk, approve=True, now=now)

        assert settle(payment=payment, now=now).status == "succeeded"

    def test_is_declined_on_the_banks_page(self, booking, now):
        payment = pay_with(booking, "tok_3ds", now)

        SandboxGateway.answer_challenge(key=payment.pk, approve=False, now=now)

        assert settle(payment=payment, now=now).status == "failed"


class TestTheSameAnswerTwice:
    def test_sells_once(self, booking, flight, now):
        payment = pay_with(booking, "tok_slow", now)
        answer = Charge(status=ChargeStatus.SUCCEEDED, reference="r1", amount=payment.amount, currency="INR")

        record_answer(payment=payment, charge=answer, now=now)
        record_answer(payment=payment, charge=answer, now=now)

        assert seats_of(flight) == (0, 1, 2)
        assert told("booking_confirmed") == 1

    def test_a_late_failure_does_not_undo_a_success(self, booking, now):
        payment = pay_with(booking, "tok_ok", now)

        record_answer(payment=payment, charge=Charge(status=ChargeStatus.DECLINED), now=now)

        booking.refresh_from_db()
        assert booking.status == "confirmed"
        assert told("payment_failed") == 0


class TestASuccessAfterTheHoldHasGone:
    """However that came about: the hold was ended behind the running payment's back."""

    @pytest.fixture
    def late(self, booking, now):
        payment = pay_with(booking, "tok_slow", now)
        Payment.objects.update(status="failed")
        release_hold(booking=booking, now=now)
        Payment.objects.update(status="started")
        Booking.objects.update(status="expired")
        return payment

    def test_takes_the_seats_again_at_the_promised_price(self, late, booking, flight, now, settings):
        change_fare(fare=fare_of(flight), amount=Decimal(9000))

        settle(payment=late, now=now + settings.SANDBOX_SLOW_ANSWER)

        booking.refresh_from_db()
        assert (booking.status, booking.total, booking.ended_at) == ("confirmed", 4400, None)
        assert seats_of(flight) == (0, 1, 2)
        assert booking.passengers.first().ticket

    @pytest.mark.parametrize("gone", ["sold", "cancelled", "booked again", "elsewhere"])
    def test_is_refunded_in_full_where_they_are_not_free(self, late, booking, flight, now, settings, stranger, gone):
        if gone == "sold":
            FlightCabin.objects.update(seats_sold=3)
        elif gone == "cancelled":
            Flight.objects.update(status="cancelled")
        else:
            person = booking.passengers.first()
            same = adult(given_name=person.given_name, family_name=person.family_name, born_on=person.born_on)
            other = make_flight("DEL", "BLR", departs_at=flight.departs_at + timedelta(hours=1))
            make_hold(stranger, flight if gone == "booked again" else other, now=now, travellers=[same])
        after = now + settings.SANDBOX_SLOW_ANSWER

        settle(payment=late, now=after)
        assert told("payment_refunded") == 1
        assert pay_refunds(now=after) == 1
        assert pay_refunds(now=after) == 0

        late.refresh_from_db()
        booking.refresh_from_db()
        assert (late.status, booking.status) == ("refunded", "expired")
        assert Refund.objects.get().amount == SandboxCharge.objects.get().refunded == late.amount

    def test_a_refund_is_sent_until_the_gateway_has_it(self, late, now, settings, monkeypatch):
        FlightCabin.objects.update(seats_sold=3)
        settle(payment=late, now=now + settings.SANDBOX_SLOW_ANSWER)
        send = SandboxGateway.refund

        def sent_but_not_answered(self, **kwargs):
            send(self, **kwargs)
            raise GatewayUnreachable

        monkeypatch.setattr(SandboxGateway, "refund", sent_but_not_answered)
        assert pay_refunds(now=now) == 0
        monkeypatch.setattr(SandboxGateway, "refund", send)
        assert pay_refunds(now=now) == 1
        assert SandboxCharge.objects.get().refunded == late.amount
        assert Refund.objects.get().times_tried == 2


class TestAfterThePriceGuarantee:
    @pytest.fixture
    def later(self, booking):
        return booking.price_guaranteed_until

    def test_the_same_price_is_still_the_price(self, booking, later):
        assert pay_with(booking, "tok_ok", later).status == "succeeded"

    def test_a_changed_price_is_told_and_charged_only_after(self, booking, flight, later):
        change_fare(fare=fare_of(flight), amount=Decimal(5000))

        with pytest.raises(PriceChanged) as raised:
            pay_with(booking, "tok_ok", later)

        booking.refresh_from_db()
        assert raised.value.facts["total"]["amount"] == "5500.00"
        assert booking.total == sum(coupon.total for coupon in booking.coupons.all()) == 5500
        assert booking.price_guaranteed_until == booking.payment_required_by
        assert SandboxCharge.objects.count() == 0
        assert pay_with(booking, "tok_ok", later).amount == 5500

    def test_another_total_than_was_agreed_is_not_charged(self, booking, now):
        with pytest.raises(PriceChanged) as raised:
            pay(booking=booking, gateway="sandbox", token="tok_ok", total=Decimal(4300), now=now)

        assert raised.value.facts["total"]["amount"] == "4400.00"
        assert raised.value.facts["previous_total"]["amount"] == "4300.00"
        assert not SandboxCharge.objects.exists()

    def test_within_it_the_promised_price_holds(self, booking, flight, later):
        change_fare(fare=fare_of(flight), amount=Decimal(5000))

        assert pay_with(booking, "tok_ok", later - timedelta(seconds=1)).amount == 4400


@pytest.mark.parametrize("travellers", [1, 3])
def test_queries_do_not_grow_with_the_travellers(traveller, flight, now, travellers, django_assert_num_queries):
    booking = make_hold(traveller, flight, now=now, travellers=[adult() for _ in range(travellers)])

    with django_assert_num_queries(24):
        pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)
