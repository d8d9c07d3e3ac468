from datetime import timedelta
from decimal import Decimal

import pytest

from airlines.models import FareFamily, Flight, FlightCabin
from airlines.tests.factories import TaxRuleFactory, make_flight
from bookings.exceptions import MinorsAlone, NotCancellable, QuoteExpired, QuoteOutdated
from bookings.models import Coupon, Payment, Refund, SandboxCharge
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.reconciliation import reconcile
from bookings.services.refunds import pay_refunds
from bookings.tests.factories import adult, child, infant, make_booking, make_hold
from flights_project.lib.errors import InvalidRequest
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(in_a_month):
    TaxRuleFactory(amount=300)
    flight = make_flight(departs_at=in_a_month, seats=5)
    FareFamily.objects.update(refund_percent=40)
    return flight


@pytest.fixture
def back(in_a_month):
    return make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=3), seats=5, fares={"light": 3000})


@pytest.fixture
def booking(traveller, there, back, now):
    """Two adults, a child and an infant on the first one's lap, there and back, booked three days ago."""
    return make_booking(
        traveller, there, back, now=now - timedelta(days=3), travellers=[adult(), adult(), child(), infant()]
    )


@pytest.fixture
def cancel(booking, now):
    def cancel(**what):
        quote = quote_cancellation(booking=booking, now=now, **what)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)
        booking.refresh_from_db()
        return quote

    return cancel


@pytest.fixture(autouse=True)
def _adds_up():
    yield
    assert reconcile() == []


def seats_sold(flight):
    return FlightCabin.objects.get(flight=flight).seats_sold


def test_a_quote_changes_nothing(booking, there, now):
    quote = quote_cancellation(booking=booking, now=now)

    # 40 % of 2 adults, a child and an infant at 7,000 + all taxes of three of them on two flights
    assert quote.refund == Decimal("0.4") * (14000 + 5250 + 700) + 6 * 300
    assert quote.refund + quote.penalty == booking.total
    assert quote.expires_at == now + timedelta(minutes=15)
    assert seats_sold(there) == 3


def test_the_whole_booking(cancel, booking, there, back, now):
    quote = cancel()

    assert booking.status == "cancelled"
    assert seats_sold(there) == seats_sold(back) == 0
    assert Refund.objects.get().amount == quote.refund
    assert sum(coupon.penalty for coupon in booking.coupons.all()) == quote.penalty
    [message] = Message.objects.filter(kind="booking_cancelled")
    assert message.context["whole"] is True
    assert Decimal(message.context["refund"]["amount"]) == quote.refund


def test_one_traveller(cancel, booking, there, back):
    cancel(passengers=[1])

    assert booking.status == "confirmed"
    assert seats_sold(there) == seats_sold(back) == 2
    assert set(booking.coupons.filter(passenger__position=1).values_list("status", flat=True)) == {"cancelled"}
    assert booking.coupons.filter(status="open").count() == 6


def test_an_infant_goes_with_its_adult(cancel, booking, there):
    cancel(passengers=[0])

    assert booking.coupons.filter(passenger__type="infant", status="open").count() == 0
    assert seats_sold(there) == 2


def test_one_slice(cancel, booking, there, back):
    cancel(slices=[1])

    assert booking.status == "confirmed"
    assert (seats_sold(there), seats_sold(back)) == (3, 0)


def test_slice_by_slice_until_nothing_is_left(cancel, booking):
    cancel(slices=[1])
    cancel(slices=[0])

    assert booking.status == "cancelled"
    assert Refund.objects.count() == 2


@pytest.mark.parametrize("passengers", [[0, 1], [0, 1, 3]])
def test_no_child_is_left_to_fly_alone(booking, now, passengers):
    with pytest.raises(MinorsAlone):
        quote_cancellation(booking=booking, now=now, passengers=passengers)


@pytest.mark.parametrize(
    ("what", "field"),
    [({"passengers": [7]}, "passengers"), ({"slices": [2]}, "slices"), ({"passengers": [0, 7]}, "passengers")],
)
def test_what_is_not_there_is_named_and_cancels_nothing(booking, now, what, field):
    with pytest.raises(InvalidRequest) as raised:
        quote_cancellation(booking=booking, now=now, **what)

    assert list(raised.value.errors) == [field]
    assert not booking.cancellation_quotes.exists()


@pytest.mark.parametrize("what", [{"passengers": []}, {"slices": []}])
def test_nobody_is_not_everybody(booking, now, what):
    with pytest.raises(NotCancellable):
        quote_cancellation(booking=booking, now=now, **what)


def test_a_quote_says_whom_and_what_it_cancels(cancel, booking, now):
    cancel(passengers=[1], slices=[0])

    left_of_one = quote_cancellation(booking=booking, now=now, passengers=[1])
    everything = quote_cancellation(booking=booking, now=now)
    with_a_lap = quote_cancellation(booking=booking, now=now, passengers=[0], slices=[1])

    assert (left_of_one.passengers, left_of_one.slices) == ([1], [1])
    assert (everything.passengers, everything.slices) == ([0, 1, 2, 3], [0, 1])
    assert (with_a_lap.passengers, with_a_lap.slices) == ([0, 3], [1])


def test_what_is_unpaid_or_flown_cannot_be_cancelled(traveller, booking, there, now):
    hold = make_hold(traveller, make_flight(departs_at=there.departs_at + timedelta(days=9)), now=now)

    for unpaid_or_flown, when in ((hold, now), (booking, there.departs_at + timedelta(days=4))):
        with pytest.raises(NotCancellable):
            quote_cancellation(booking=unpaid_or_flown, now=when)


def test_after_the_way_out_only_the_way_back_comes_back(booking, there, now):
    quote = quote_cancellation(booking=booking, now=there.departs_at)

    assert {coupon.segment.slice for coupon in quote.coupons.all()} == {1}


def test_a_flight_that_the_airline_cancelled_comes_back_whole(booking, there, now):
    Flight.objects.filter(pk=there.pk).update(status="cancelled")

    assert quote_cancellation(booking=booking, now=now, slices=[0]).penalty == 0


def test_within_a_day_of_booking_all_comes_back(traveller, there, now):
    booking = make_booking(traveller, there, now=now)

    assert quote_cancellation(booking=booking, now=now + timedelta(hours=24)).penalty == 0
    assert quote_cancellation(booking=booking, now=now + timedelta(hours=25)).penalty == Decimal("0.6") * 4000


class TestConfirming:
    def test_twice_is_once(self, booking, now):
        quote = quote_cancellation(booking=booking, now=now)

        for _ in range(2):
            confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

        assert Refund.objects.count() == 1

    def test_takes_the_newest_quote_only(self, booking, now):
        older = quote_cancellation(booking=booking, now=now)
        quote_cancellation(booking=booking, now=now, passengers=[1])

        with pytest.raises(QuoteOutdated):
            confirm_cancellation(booking=booking, quote_id=older.pk, now=now)

    def test_is_in_time_or_not_at_all(self, booking, now):
        quote = quote_cancellation(booking=booking, now=now)

        with pytest.raises(QuoteExpired):
            confirm_cancellation(booking=booking, quote_id=quote.pk, now=quote.expires_at)

    def test_gives_what_was_quoted_or_nothing(self, booking, now):
        quote = quote_cancellation(booking=booking, now=now)
        Coupon.objects.filter(booking=booking, passenger__position=1).update(status="checked_in")

        with pytest.raises(QuoteOutdated):
            confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)


def test_refunds_are_paid_by_the_gateway_that_took_the_money(cancel, booking, now):
    first = cancel(slices=[1])
    assert pay_refunds(now=now) == 1
    assert Payment.objects.get().status == "partly_refunded"

    FareFamily.objects.update(refund_percent=100)
    second = cancel(slices=[0])
    assert pay_refunds(now=now) == 1

    assert SandboxCharge.objects.get().refunded == first.refund + second.refund


def test_a_payment_given_back_whole_is_refunded(traveller, there, now):
    booking = make_booking(traveller, there, now=now)
    quote = quote_cancellation(booking=booking, now=now)
    confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

    pay_refunds(now=now)

    assert Payment.objects.get().status == "refunded"


def test_a_refund_says_whose_doing_it_was(cancel, booking, there, back, now):
    cancel(slices=[1])
    Flight.objects.filter(pk=there.pk).update(status="cancelled")
    cancel()

    reasons = [refund.get_reason_display() for refund in Refund.objects.order_by("started_at", "pk")]
    assert sorted(reasons) == ["cancelled by the traveller", "the airline cancelled or changed a flight"]


def test_nothing_to_refund_is_no_refund(traveller, in_a_month, now):
    booking = make_booking(traveller, make_flight(departs_at=in_a_month), now=now - timedelta(days=3))
    quote = quote_cancellation(booking=booking, now=now)

    confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

    assert quote.refund == 0
    assert not Refund.objects.exists()


def test_parts_that_are_cancelled_in_one_second_for_nothing_are_both_told(traveller, in_a_month, now):
    flight = make_flight(departs_at=in_a_month)
    booking = make_booking(traveller, flight, now=now - timedelta(days=3), travellers=[adult(), adult()])

    for position in range(2):
        quote = quote_cancellation(booking=booking, now=now, passengers=[position])
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

    told = Message.objects.filter(kind="booking_cancelled").values_list("context__whole", flat=True)
    assert set(told) == {False, True}


class TestThroughTheApi:
    @pytest.fixture
    def path(self, booking):
        return f"/api/v1/bookings/{booking.locator}/cancellation-quotes/"

    def test_quote_then_confirm(self, as_user, traveller, booking, path, now):
        mine = as_user(traveller)
        assert mine.get(f"/api/v1/bookings/{booking.locator}/").json()["available_actions"] == ["cancel"]

        quote = mine.post(path)
        assert quote.status_code == 201
        assert quote.json().keys() >= {"id", "refund", "penalty", "expires_at"}
        assert mine.post(f"{path}{quote.json()['id']}/confirm/").status_code == 200

        after = mine.get(f"/api/v1/bookings/{booking.locator}/").json()
        assert (after["status"], after["available_actions"]) == ("cancelled", [])

    def test_of_one_traveller_shows_in_the_booking(self, as_user, traveller, booking, path, there, back):
        mine = as_user(traveller)
        quote = mine.post(path, {"passengers": [1]}).json()
        mine.post(f"{path}{quote['id']}/confirm/")

        after = mine.get(f"/api/v1/bookings/{booking.locator}/").json()

        states = [[coupon["status"] for coupon in each["coupons"]] for each in after["passengers"]]
        assert states == [["open"] * 2, ["cancelled"] * 2, ["open"] * 2, ["open"] * 2]
        assert [coupon["flight"] for coupon in after["passengers"][1]["coupons"]] == [there.pk, back.pk]
        assert [(each["amount"], each["status"]) for each in after["refunds"]] == [(quote["refund"], "started")]
        assert (after["paid"], after["refunded"]) == (after["total"], quote["refund"])

    def test_of_some_travellers_or_slices(self, as_user, traveller, path):
        quote = as_user(traveller).post(path, {"passengers": [1], "slices": [0]})

        assert quote.json()["refund"] == {"amount": "1900.00", "currency": "INR"}
        assert (quote.json()["passengers"], quote.json()["slices"]) == ([1], [0])

    @pytest.mark.parametrize(
        ("what", "field"),
        [
            ({"passengers": [0, 77]}, "passengers"),
            ({"passengers": [-1]}, "passengers"),
            ({"passengers": []}, "passengers"),
            ({"slices": []}, "slices"),
            ({"slices": [2]}, "slices"),
            ({"slices": "all"}, "slices"),
        ],
    )
    def test_that_names_what_is_not_there(self, as_user, traveller, booking, path, what, field):
        answer = as_user(traveller).post(path, what)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert any(name.startswith(field) for name in answer.json()["errors"])
        assert not booking.cancellation_quotes.exists()

    @pytest.mark.parametrize("quote", ["00000000-0000-0000-0000-000000000000", "------------------------------------"])
    def test_of_no_quote(self, as_user, traveller, path, quote):
        assert as_user(traveller).post(f"{path}{quote}/confirm/").status_code == 404

    def test_of_somebody_else_is_unknown(self, as_user, traveller, stranger, path):
        quote = as_user(traveller).post(path).json()["id"]

        assert as_user(stranger).post(path).status_code == 404
        assert as_user(stranger).post(f"{path}{quote}/confirm/").status_code == 404
